"""Process notes, what they said before they were edited, and the books that own their data keys."""

from datetime import datetime
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from afterglow_portal.base import Base


class NoteBook(Base, table=True):
    """All notes of one therapist about one client; its `id` is the owner of the data key they are sealed under."""

    __tablename__ = "note_books"
    __table_args__ = (UniqueConstraint("therapist_id", "client_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    therapist_id: UUID
    client_id: UUID
    opened_at: datetime = Field(sa_type=DateTime(timezone=True))


class ProcessNote(Base, table=True):
    """The current version. `text` is sealed, and gone once it is erased; that there was a note stays."""

    __tablename__ = "process_notes"
    __table_args__ = (
        CheckConstraint("(text IS NULL) = (erased_at IS NOT NULL)", name="said_or_erased"),
        ForeignKeyConstraint(["therapist_id", "client_id"], ["note_books.therapist_id", "note_books.client_id"]),
        Index("ix_process_notes_client_id", "therapist_id", "client_id", "written_at", "id"),
    )

    therapist_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    client_id: UUID
    text: bytes | None
    written_at: datetime = Field(sa_type=DateTime(timezone=True))
    version: int = 1
    edited_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    erased_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    body_digest: bytes
    version_id: UUID | None = None
    version_digest: bytes | None = None


class ProcessNoteVersion(Base, table=True):
    """A version that an edit replaced, sealed anew and bound to this row's `id`."""

    __tablename__ = "process_note_versions"
    __table_args__ = (
        CheckConstraint("version > 0", name="version"),
        ForeignKeyConstraint(["therapist_id", "note_id"], ["process_notes.therapist_id", "process_notes.id"]),
        UniqueConstraint("therapist_id", "note_id", "version"),
        UniqueConstraint("therapist_id", "client_id", "version_id"),
    )

    therapist_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    client_id: UUID
    note_id: UUID
    version: int
    text: bytes
    made_at: datetime = Field(sa_type=DateTime(timezone=True))
    version_id: UUID | None = None
    version_digest: bytes | None = None
