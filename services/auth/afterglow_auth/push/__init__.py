"""Web push (RFC 8030): which of somebody's browsers a notice may ring at, and ringing there (decision 0056)."""
