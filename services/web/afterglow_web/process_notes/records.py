"""What portal answers about process notes, as far as pages show it."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class NoteStanding(BaseModel):
    id: UUID
    version: int
    written_at: datetime
    edited_at: datetime | None


class NoteHead(NoteStanding):
    """With the first words."""

    opening: str


class Note(NoteStanding):
    """`may_write` ends with care, before reading does."""

    text: str
    may_write: bool


class NotePage(BaseModel):
    may_write: bool
    items: list[NoteHead]
    next: str | None


class NoteVersion(BaseModel):
    version: int
    made_at: datetime
    text: str


class NoteVersions(BaseModel):
    """Oldest first, the current one last."""

    items: list[NoteVersion]
