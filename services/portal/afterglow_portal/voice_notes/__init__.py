"""Voice notes: recordings that belong to a journal entry, uploaded in parts, sealed in chunks, played as a stream."""
