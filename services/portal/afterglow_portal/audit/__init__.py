"""What portal keeps about who did what, for admins."""
