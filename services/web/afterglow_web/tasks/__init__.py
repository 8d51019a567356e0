"""Tasks for the days after a dose: the therapist's form, and what the client marks under My path."""
