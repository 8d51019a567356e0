"""Conversations, messages, live delivery, availability."""
