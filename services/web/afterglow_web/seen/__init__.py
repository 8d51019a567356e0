"""Whether the other one learns that a message was read: the choice, and "Seen" below one's own newest read message."""
