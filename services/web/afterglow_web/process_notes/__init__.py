"""A therapist's process notes about a client: theirs alone, apart from the record."""
