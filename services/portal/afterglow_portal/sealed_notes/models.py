"""Openings of sealed notes: who asked why, and what somebody else decided."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, Index
from sqlmodel import Field

from afterglow_portal.base import Base

GROUNDS = UUID("0195e3a0-0000-7000-8000-00000000000a")
"""Whose data key the words are sealed under: they are nobody's record, but why the practice opened somebody's notes."""


class Ground(StrEnum):
    """Why notes of somebody who is gone have to be opened."""

    legal = "legal"
    client_asks = "client_asks"
    danger = "danger"
    complaint = "complaint"
    other = "other"


class NoteOpening(Base, table=True):
    """`words` are sealed under a key of the practice's (GROUNDS): whoever asked and whoever decides read them."""

    __tablename__ = "note_openings"
    __table_args__ = (
        CheckConstraint("ground IN ('legal', 'client_asks', 'danger', 'complaint', 'other')", name="ground"),
        CheckConstraint("decided_by <> asked_by", name="two_people"),
        CheckConstraint("num_nulls(decided_by, decided_at, approved) IN (0, 3)", name="decided"),
        CheckConstraint("(approved IS TRUE) = (ends_at IS NOT NULL)", name="ends"),
        CheckConstraint("ends_at <= decided_at + interval '7 days'", name="lasts"),
        ForeignKeyConstraint(["author_id", "client_id"], ["note_books.therapist_id", "note_books.client_id"]),
        Index("ix_note_openings_asked_by", "asked_by", "client_id"),
    )

    id: UUID = Field(primary_key=True)
    client_id: UUID
    author_id: UUID
    ground: str
    words: bytes
    asked_by: UUID
    asked_at: datetime = Field(sa_type=DateTime(timezone=True))
    body_digest: bytes
    decided_by: UUID | None = None
    decided_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    approved: bool | None = None
    ends_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
