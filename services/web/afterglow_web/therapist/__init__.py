"""A therapist's pages: the caseload and one client, from shared entries only."""
