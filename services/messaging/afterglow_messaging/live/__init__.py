"""Live delivery: wake-ups across processes, and streams that read what they were woken for."""
