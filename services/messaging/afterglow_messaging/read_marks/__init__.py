"""How far each person has read, and what is unread by it."""
