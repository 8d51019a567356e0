"""What others opened of a client's, for that client."""
