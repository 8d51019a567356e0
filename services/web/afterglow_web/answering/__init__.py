"""What waits for a therapist's answer, and by when they want to give it."""
