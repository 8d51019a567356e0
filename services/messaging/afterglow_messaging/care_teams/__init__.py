"""Conversations of a client's whole care team: who is in one, since when, and when one is opened (decision 0066)."""
