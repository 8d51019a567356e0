"""Journal entries as they stand now, their earlier versions, who they were shared with, who read them, and drafts."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, DateTime, ForeignKeyConstraint, Index, UniqueConstraint, Uuid
from sqlmodel import Field, SQLModel

from afterglow_portal.base import Base

ENTRY = (["client_id", "entry_id"], ["journal_entries.client_id", "journal_entries.id"])


def known_words() -> tuple[CheckConstraint, ...]:
    """What the database holds whoever writes; made anew per table, since a constraint belongs to one."""
    return (
        CheckConstraint("visibility IN ('only_me', 'therapist', 'next_session')", name="visibility"),
        CheckConstraint("phase IN ('preparation', 'experience', 'integration')", name="phase"),
    )


class ContentColumns(SQLModel):
    """What the client wrote; `title` and `text` are sealed. `follows` is the entry that this one continues."""

    title: bytes | None = None
    text: bytes
    phase: str | None = None
    follows: UUID | None = None
    felt_at: datetime = Field(sa_type=DateTime(timezone=True))
    time_zone: str
    local_date: date
    visibility: str


class JournalEntry(Base, ContentColumns, table=True):
    """The current version. The digests judge a repeated PUT and a repeated edit, as on check-ins.

    One for the next session names in `waits_for` who treated the client when that was said: it opens for nobody else.
    """

    __tablename__ = "journal_entries"
    __table_args__ = (
        *known_words(),
        Index("ix_journal_entries_client_id", "client_id", "felt_at", "id"),
        Index("ix_journal_entries_follows", "client_id", "follows"),
    )

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    entered_at: datetime = Field(sa_type=DateTime(timezone=True))
    version: int = 1
    edited_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    waits_for: list[UUID] | None = Field(default=None, sa_type=ARRAY(Uuid))
    body_digest: bytes
    version_id: UUID | None = None
    version_digest: bytes | None = None


class JournalVersion(Base, ContentColumns, table=True):
    """A version that an edit replaced, sealed anew and bound to this row's `id`."""

    __tablename__ = "journal_versions"
    __table_args__ = (
        *known_words(),
        ForeignKeyConstraint(*ENTRY, ondelete="CASCADE"),
        UniqueConstraint("client_id", "entry_id", "version"),
        UniqueConstraint("client_id", "version_id"),
    )

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    entry_id: UUID
    version: int
    made_at: datetime = Field(sa_type=DateTime(timezone=True))
    version_id: UUID | None = None
    version_digest: bytes | None = None


class JournalShare(Base, table=True):
    """The named person an entry was shared with, as of which version. Whoever treats the client later is not in it."""

    __tablename__ = "journal_shares"
    __table_args__ = (
        ForeignKeyConstraint(*ENTRY, ondelete="CASCADE"),
        Index("ix_journal_shares_shared_at", "client_id", "shared_at"),
    )

    client_id: UUID = Field(primary_key=True)
    entry_id: UUID = Field(primary_key=True)
    therapist_id: UUID = Field(primary_key=True)
    version: int
    shared_at: datetime = Field(sa_type=DateTime(timezone=True))


class JournalReading(Base, table=True):
    """A version that somebody opened, for the first time. Without a cascade: what was read is not erased."""

    __tablename__ = "journal_readings"
    __table_args__ = (ForeignKeyConstraint(*ENTRY),)

    client_id: UUID = Field(primary_key=True)
    entry_id: UUID = Field(primary_key=True)
    reader_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    reader_name: str
    read_at: datetime = Field(sa_type=DateTime(timezone=True))


class JournalErasure(Base, table=True):
    """An entry that was erased: its id is never used again, so nothing sent late brings it back."""

    __tablename__ = "journal_erasures"

    client_id: UUID = Field(primary_key=True)
    entry_id: UUID = Field(primary_key=True)
    erased_at: datetime = Field(sa_type=DateTime(timezone=True))


class JournalDraft(Base, table=True):
    """What is being written, under the id of the entry it will be; all of it is in `content`, sealed.

    `revision` counts the savings, and `digest` is of the last one: so a second tab and a repeat are told apart.
    """

    __tablename__ = "journal_drafts"

    client_id: UUID = Field(primary_key=True)
    entry_id: UUID = Field(primary_key=True)
    base_version: int
    revision: int
    content: bytes
    digest: bytes
    saved_at: datetime = Field(sa_type=DateTime(timezone=True))
