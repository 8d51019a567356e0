"""A practice to try Afterglow with: made-up people, check-ins and conversations, the same for the same day."""
