"""The afterglow command: demo, migrate, people, keys, audit, backup."""
