"""Who stands in for a conversation's therapist, and since when, as lines among its messages."""
