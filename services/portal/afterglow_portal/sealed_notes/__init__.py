"""Process notes whose writer is gone: sealed, and opened by two people for a reason that is kept."""
