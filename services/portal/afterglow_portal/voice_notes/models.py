"""A voice note, its sealed chunks, and who played it. It belongs to the entry, or to the draft, of that id."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, Index
from sqlmodel import Field

from afterglow_portal.base import Base

NOTE = (["client_id", "note_id"], ["voice_notes.client_id", "voice_notes.id"])


class VoiceNote(Base, table=True):
    """`size`, `media_type` and `seconds` as declared; `received` bytes lie in `chunks` chunks so far."""

    __tablename__ = "voice_notes"
    __table_args__ = (
        CheckConstraint("received BETWEEN 0 AND size", name="received"),
        CheckConstraint("(finished_at IS NOT NULL) = (received = size)", name="finished"),
        Index("ix_voice_notes_client_id_entry_id", "client_id", "entry_id"),
    )

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    entry_id: UUID
    media_type: str
    size: int
    seconds: int | None = None
    received: int = 0
    chunks: int = 0
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    finished_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class VoiceNoteChunk(Base, table=True):
    """One part of the content, sealed for its place: this note, this index, and whether it is the last."""

    __tablename__ = "voice_note_chunks"
    __table_args__ = (ForeignKeyConstraint(*NOTE, ondelete="CASCADE"),)

    client_id: UUID = Field(primary_key=True)
    note_id: UUID = Field(primary_key=True)
    index: int = Field(primary_key=True)
    content: bytes


class VoiceNoteReading(Base, table=True):
    """Somebody played it, for the first time. Without a cascade: what was played is not erased."""

    __tablename__ = "voice_note_readings"
    __table_args__ = (ForeignKeyConstraint(*NOTE),)

    client_id: UUID = Field(primary_key=True)
    note_id: UUID = Field(primary_key=True)
    reader_id: UUID = Field(primary_key=True)
    reader_name: str
    read_at: datetime = Field(sa_type=DateTime(timezone=True))
