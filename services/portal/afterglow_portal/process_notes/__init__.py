"""Process notes: what a therapist keeps for themselves, apart from the record, sealed under a key per client."""
