"""Ending what an authorization gave: its refresh family and, at auth's own APIs, its access tokens."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Update, update
from sqlmodel import col

from afterglow_auth.digests import Digests, Purpose
from afterglow_auth.oauth.models import Authorization


def revocation(authorization_id: UUID, because: str) -> Update:
    """The statement that ends a family; one that has ended keeps its first reason."""
    return (
        update(Authorization)
        .where(col(Authorization.id) == authorization_id, col(Authorization.revoked_at).is_(None))
        .values(revoked_at=datetime.now(UTC), revoked_because=because)
    )


def refresh_hash(digests: Digests, token: str) -> bytes:
    """What is stored of a refresh token."""
    return digests.of(Purpose.refresh_token, token)


def successor(digests: Digests, token: str) -> str:
    """The token that follows this one: derived, so that a retry gets the same though only hashes are stored."""
    return digests.of(Purpose.refresh_successor, token).hex()
