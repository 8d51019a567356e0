"""One client before a session: what changed since the last one, what to ask; from shared entries, by fixed rules."""
