"""The client's page of what was shared with others before: who treats them now, and whether they are to see it."""
