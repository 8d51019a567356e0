"""Security events: what auth tells the other services, each schema written once and validated on both ends.

auth publishes into its outbox (`afterglow_auth/events/`); receivers poll, apply and acknowledge (RFC 8417, RFC 8936).
"""
