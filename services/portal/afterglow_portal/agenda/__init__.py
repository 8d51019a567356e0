"""Lines of the journal that the client pinned for the next session: each shows to whoever treats them, the rest not."""
