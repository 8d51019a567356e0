"""Summaries of sessions, and what they said before they were edited."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from afterglow_portal.base import Base


class SummaryColumns(SQLModel):
    """`content` holds words and reason, sealed. Whether it is withheld stays plain: the row policy reads it."""

    content: bytes
    withheld: bool


class SessionSummary(Base, SummaryColumns, table=True):
    """The current version, one for each session. The digests judge a repeated PUT and a repeated edit."""

    __tablename__ = "session_summaries"
    __table_args__ = (
        ForeignKeyConstraint(["client_id", "session_id"], ["course_sessions.client_id", "course_sessions.id"]),
        UniqueConstraint("client_id", "session_id"),
    )

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    session_id: UUID
    made_at: datetime = Field(sa_type=DateTime(timezone=True))
    made_by: UUID
    version: int = 1
    edited_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    edited_by: UUID | None = None
    body_digest: bytes
    version_id: UUID | None = None
    version_digest: bytes | None = None


class SessionSummaryVersion(Base, SummaryColumns, table=True):
    """A version that an edit replaced, sealed anew and bound to this row's `id`."""

    __tablename__ = "session_summary_versions"
    __table_args__ = (
        CheckConstraint("version > 0", name="version"),
        ForeignKeyConstraint(["client_id", "summary_id"], ["session_summaries.client_id", "session_summaries.id"]),
        UniqueConstraint("client_id", "summary_id", "version"),
        UniqueConstraint("client_id", "version_id"),
    )

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    summary_id: UUID
    version: int
    made_at: datetime = Field(sa_type=DateTime(timezone=True))
    made_by: UUID
    version_id: UUID | None = None
    version_digest: bytes | None = None
