"""What waits for a therapist's answer, longest first, and by when they want to give it."""
