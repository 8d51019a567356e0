"""Corrections: for a quarter of an hour its writer puts other words in a message's place; the earlier ones are kept."""
