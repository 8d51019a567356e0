"""Standing choices (one row per choice ever made; the latest of each room holds), and a limit that one set oneself."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from sqlalchemy import CheckConstraint, DateTime, Index
from sqlmodel import Field

from afterglow_portal.base import Base


class StandingChoice(Base, table=True):
    """In `room` (check_ins or journal) the client's new entries start with `visibility`."""

    __tablename__ = "standing_choices"
    __table_args__ = (
        CheckConstraint("room IN ('check_ins', 'journal')", name="room"),
        CheckConstraint("visibility IN ('only_me', 'therapist', 'next_session')", name="visibility"),
        Index("ix_standing_choices_client_id", "client_id", "room", "chosen_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    client_id: UUID
    room: str
    visibility: str
    chosen_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))


class CheckInLimit(Base, table=True):
    """At most `a_day`; null after it was lifted. Somebody whom checking itself troubles may set one (DOMAIN §2)."""

    __tablename__ = "check_in_limits"
    __table_args__ = (CheckConstraint("a_day > 0", name="a_day"),)

    client_id: UUID = Field(primary_key=True)
    a_day: int | None = None
    chosen_at: datetime = Field(sa_type=DateTime(timezone=True))
