"""A therapist's saved answers: looked after on pages of their own, and inserted into a message."""
