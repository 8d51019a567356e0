"""The columns of every service's `audit_events` table: ids only, never content."""

from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import DateTime
from sqlmodel import Field, SQLModel

from afterglow_foundation.identifiers import new_id


class Outcome(StrEnum):
    refused = "refused"
    success = "success"


class AuditEventColumns(SQLModel):
    """`actor` did `action` to `object_id` of `subject_id` (whose record). Ids and time come from the application."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))
    actor_id: UUID | None = None
    actor_role: str | None = None
    subject_id: UUID | None = None
    action: str
    object_id: UUID | None = None
    purpose: str | None = None
    outcome: str = Outcome.success
    session_id: UUID | None = None
    request_id: str | None = None
