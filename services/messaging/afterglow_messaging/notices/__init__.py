"""Mail that says that a message waits: content-free, once until the receiver has looked, and only if they want it."""
