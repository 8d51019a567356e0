"""What a therapist writes about a session; the summary is the client's to read unless it is withheld with a reason."""
