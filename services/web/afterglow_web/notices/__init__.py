"""Who is told by mail that a message waits, and the quiet hours in which nothing is sent."""
