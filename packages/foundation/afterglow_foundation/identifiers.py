"""UUIDv7 identifiers: ordered by time, made by whoever creates the thing."""

from uuid import UUID

from uuid_utils.compat import uuid7

__all__ = ["new_id"]


def new_id() -> UUID:
    """Return a new UUIDv7."""
    return uuid7()
