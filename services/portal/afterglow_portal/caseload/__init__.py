"""A therapist's caseload: everybody in their care, who needs attention first, and why."""
