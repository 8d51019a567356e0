"""The brief of one client before a session: one screen, one sheet of paper."""
