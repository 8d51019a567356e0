"""Check-ins, journal, course of treatment, safety, consent, export."""
