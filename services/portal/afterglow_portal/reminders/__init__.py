"""Prompts: a few gentle reminders to check in, when their receiver wants them, and the ledger of each."""
