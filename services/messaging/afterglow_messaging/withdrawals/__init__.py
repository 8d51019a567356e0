"""Withdrawals: a message that its writer takes back keeps its place, and its words are shown to nobody."""
