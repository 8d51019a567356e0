"""Standing choices about sharing, kept with their history."""
