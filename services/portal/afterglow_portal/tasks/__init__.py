"""Short tasks for the days after a dose: whoever treats the client assigns them, the client says what they did."""
