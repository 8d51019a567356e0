"""When a therapist is away: who stands in for them, and for whom they stand in."""
