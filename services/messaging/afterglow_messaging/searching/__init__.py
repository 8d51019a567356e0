"""Search in one's own conversations: opened on the server and forgotten again."""
