"""What messaging keeps about who did what, for admins."""
