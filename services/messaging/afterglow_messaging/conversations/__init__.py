"""Conversations: one for each client and therapist."""
