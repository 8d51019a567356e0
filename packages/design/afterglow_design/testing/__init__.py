"""Checks that services run on every page their tests render."""
