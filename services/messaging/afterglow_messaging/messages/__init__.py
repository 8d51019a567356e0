"""Messages: sealed, numbered without gaps, safe to send twice."""
