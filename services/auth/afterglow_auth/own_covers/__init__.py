"""A therapist names who stands in while they are away, sees for whom they stand in themselves, and ends either."""
