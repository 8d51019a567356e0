"""What portal answers about sealed notes, as far as pages show it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from afterglow_web.course.records import Named


class Ground(StrEnum):
    legal = "legal"
    client_asks = "client_asks"
    danger = "danger"
    complaint = "complaint"
    other = "other"


class State(StrEnum):
    waiting = "waiting"
    open = "open"
    over = "over"
    declined = "declined"


class Opening(BaseModel):
    """`ends_at` is None where it was not approved."""

    id: UUID
    client_id: UUID
    author_id: UUID
    ground: Ground
    words: str
    state: State
    asked_by: UUID
    asked_at: datetime
    ends_at: datetime | None


class SealedBook(BaseModel):
    author: Named
    opening: Opening | None


class SealedBooks(BaseModel):
    items: list[SealedBook]


class Openings(BaseModel):
    items: list[Opening]


class OpenedNote(BaseModel):
    id: UUID
    written_at: datetime
    edited_at: datetime | None
    text: str


class OpenedNotes(BaseModel):
    items: list[OpenedNote]


class WaitingOpenings(BaseModel):
    waiting: int
