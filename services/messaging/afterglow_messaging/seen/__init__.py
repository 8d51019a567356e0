"""Whether somebody learns that what they wrote was read: only where both of the two allow it (decision 0058)."""
