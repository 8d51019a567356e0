"""Summaries of sessions: the therapist's form, and the client's page."""
