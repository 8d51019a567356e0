"""Check-ins: recorded once, edited with every version kept, read by the client and, where shared, in care."""
