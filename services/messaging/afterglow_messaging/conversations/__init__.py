"""Conversations: one for each client and therapist, and one for a care team where the practice wants it."""
