"""A client's access log: who opened what of theirs."""
