"""Download a conversation: what the file holds is said before it leaves."""
