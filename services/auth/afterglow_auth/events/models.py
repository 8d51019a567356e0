"""The outbox: what happened, and to whom it has still to be told."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.events import StreamStatus
from sqlalchemy import ARRAY, DateTime, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from afterglow_auth.base import Base


def now() -> datetime:
    return datetime.now(UTC)


class EventReceiver(Base, table=True):
    """A service that takes part, with its one stream: made by it or by its snapshot, `heard_at` whenever it polls.

    Whatever has happened since `registered_at` is told or kept for it: everything, or the `events_requested`.
    """

    __tablename__ = "event_receivers"

    client_id: str = Field(primary_key=True, foreign_key="oauth_clients.client_id")
    registered_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    heard_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    stream_id: UUID = Field(default_factory=new_id, unique=True)
    status: str = StreamStatus.enabled
    reason: str | None = None
    description: str | None = None
    events_requested: list[str] | None = Field(default=None, sa_type=ARRAY(String))
    verification_asked_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    verified_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class SecurityEvent(Base, table=True):
    """One thing that happened; its `id` becomes the `jti`. The token that tells it is signed at each delivery.

    `subject_id` is the person, or the care relationship or grant that the event is about.
    """

    __tablename__ = "security_events"

    id: UUID = Field(primary_key=True)
    type: str
    subject_id: UUID
    session_id: UUID | None = None
    payload: dict[str, Any] = Field(sa_type=JSONB)
    occurred_at: datetime = Field(sa_type=DateTime(timezone=True))


class EventDelivery(Base, table=True):
    """One event for one receiver. `error_code` and its words are the receiver's, where it could not take the event."""

    __tablename__ = "event_deliveries"
    __table_args__ = (
        Index("ix_event_deliveries_waiting", "receiver", "event_id", postgresql_where=text("acknowledged_at IS NULL")),
    )

    receiver: str = Field(primary_key=True, foreign_key="event_receivers.client_id")
    event_id: UUID = Field(primary_key=True, foreign_key="security_events.id", index=True)
    acknowledged_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    error_code: str | None = None
    error_description: str | None = None
