"""The course of treatment: plan, sessions, what was given; therapists in care write it, the client reads it."""
