"""The day of a dose in pages: whoever treats the client records it beside the session, the client reads it."""
