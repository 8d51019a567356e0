"""The day of a dose: what was ready, vital signs, how long somebody stayed, what went badly, and how they left."""
