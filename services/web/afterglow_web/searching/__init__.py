"""Search in one's own conversations."""
