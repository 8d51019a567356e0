"""Authenticator apps."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from sqlalchemy import DateTime, Index, text
from sqlmodel import Field

from afterglow_auth.base import Base

CONFIRMED = "confirmed_at IS NOT NULL"
WAITING = "confirmed_at IS NULL"


class TotpSecret(Base, table=True):
    """The secret that somebody's app shares with us, sealed. A person has at most one, and one that is being set up.

    `last_step` is the last 30-second step whose code was used: neither it nor an earlier one counts again.
    """

    __tablename__ = "totp_secrets"
    __table_args__ = (
        Index("uq_totp_secrets_confirmed", "person_id", unique=True, postgresql_where=text(CONFIRMED)),
        Index("uq_totp_secrets_waiting", "person_id", unique=True, postgresql_where=text(WAITING)),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(foreign_key="people.id")
    key_version: int
    sealed: bytes
    last_step: int = 0
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))
    confirmed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
