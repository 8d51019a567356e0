"""Answers that a therapist has saved to use again: their own, sealed under a key of their own."""
