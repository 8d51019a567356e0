"""The chart on a therapist's desk: what was noted before and after the doses of one course."""
