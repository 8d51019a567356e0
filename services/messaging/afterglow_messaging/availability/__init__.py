"""When somebody is there to read a message, and how soon answers came so far."""
