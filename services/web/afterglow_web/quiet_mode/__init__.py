"""The one page of a client while a dose works: a word to keep, help, and the way out of it."""
