"""Who stands in for a conversation's therapist, and who is in a care team, as lines among the messages."""
