"""Whether what a message refers to may be opened by whoever reads it now."""
