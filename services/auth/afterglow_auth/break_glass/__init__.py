"""Opening a record in an emergency: who opened whose, for which reason, and whether somebody has looked at it since."""
