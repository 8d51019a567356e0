"""The course of treatment: whoever treats a client writes it, the client reads it as their path."""
