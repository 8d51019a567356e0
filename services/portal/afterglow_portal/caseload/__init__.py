"""A therapist's caseload in one statement."""
