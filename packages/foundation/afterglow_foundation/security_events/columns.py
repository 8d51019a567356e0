"""The columns of a receiver's tables; each service makes its own tables of them, on its own base."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class PersonColumns(SQLModel):
    """A local copy of a person; `as_of` is when auth said so, and orders what arrives out of order."""

    id: UUID = Field(primary_key=True)
    name: str
    role: str
    locale: str
    time_zone: str
    disabled_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    exports_held: bool = False
    as_of: datetime = Field(sa_type=DateTime(timezone=True))


class CareRelationshipColumns(SQLModel):
    """A local copy of care. No foreign keys to people: a relationship may arrive before the people it names."""

    id: UUID = Field(primary_key=True)
    client_id: UUID
    therapist_id: UUID
    kind: str
    started_at: datetime = Field(sa_type=DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    as_of: datetime = Field(sa_type=DateTime(timezone=True))


class GrantColumns(SQLModel):
    """A local copy of a grant; `covered_id` is for whom a cover stands in."""

    id: UUID = Field(primary_key=True)
    kind: str
    client_id: UUID
    therapist_id: UUID
    covered_id: UUID | None = None
    reason_code: str | None = None
    starts_at: datetime = Field(sa_type=DateTime(timezone=True))
    ends_at: datetime = Field(sa_type=DateTime(timezone=True))
    as_of: datetime = Field(sa_type=DateTime(timezone=True))


class PracticeColumns(SQLModel):
    """A local copy of the practice's settings. No row until an admin has saved any: the installation's hold."""

    id: UUID = Field(primary_key=True)
    version: int
    document: dict[str, Any] = Field(sa_type=JSONB)
    as_of: datetime = Field(sa_type=DateTime(timezone=True))


class RevokedSessionColumns(SQLModel):
    """A session that is over while a token of it may still be about.

    Or the part in it that one program had: `session_id` is then the id of that authorization.
    """

    session_id: UUID = Field(primary_key=True)
    person_id: UUID
    revoked_at: datetime = Field(sa_type=DateTime(timezone=True))


class ReceivedEventColumns(SQLModel):
    """An event that was applied: its `jti`, so that it is not applied again."""

    id: UUID = Field(primary_key=True)
    received_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))


class FeedColumns(SQLModel):
    """That this database has begun: with which snapshot, as which receiver."""

    receiver: str = Field(primary_key=True)
    taken_at: datetime = Field(sa_type=DateTime(timezone=True))
