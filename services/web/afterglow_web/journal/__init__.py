"""The client's journal as pages: write, read, search, share; and what a therapist opens of it."""
