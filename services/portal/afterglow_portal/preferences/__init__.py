"""What a client wishes of touch and support while a dose works: theirs to say, and to take back at any moment."""
