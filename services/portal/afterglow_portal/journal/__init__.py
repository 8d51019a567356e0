"""The client's journal: entries, drafts, who may read them, and search in one's own."""
