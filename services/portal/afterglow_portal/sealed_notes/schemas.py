"""Sealed notes and their openings, in and out."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from afterglow_portal.journal.schemas import not_blank, without_nul
from afterglow_portal.people.schemas import Named
from afterglow_portal.process_notes.schemas import NoteStanding
from afterglow_portal.sealed_notes.models import Ground

LONGEST_WORDS = 1_000
Words = Annotated[
    str, Field(strict=True, max_length=LONGEST_WORDS), AfterValidator(without_nul), AfterValidator(not_blank)
]


class OpeningState(StrEnum):
    """`over`: it was open, and its week has passed."""

    waiting = "waiting"
    open = "open"
    over = "over"
    declined = "declined"


class OpeningBody(BaseModel, extra="forbid", frozen=True):
    """Whose notes are to be opened, and the ground for it, from a list and in words."""

    author_id: UUID
    ground: Ground
    words: Words

    def canonical(self) -> bytes:
        return self.model_dump_json().encode()


class Decision(BaseModel, extra="forbid", frozen=True):
    approved: Annotated[bool, Field(strict=True)]


class OpeningOut(BaseModel):
    """`ends_at` is null where it was not approved. Whoever decides knows the people by auth's names."""

    id: UUID
    client_id: UUID
    author_id: UUID
    ground: Ground
    words: str
    state: OpeningState
    asked_by: UUID
    asked_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    ends_at: datetime | None


class SealedBook(BaseModel):
    """That somebody who is gone has left notes; `opening` is what the caller asked for last, if anything."""

    author: Named
    opening: OpeningOut | None


class SealedBooks(BaseModel):
    items: list[SealedBook]


class Openings(BaseModel):
    """Those that wait first, then the newest."""

    items: list[OpeningOut]


class WaitingOpenings(BaseModel):
    waiting: int


class OpenedNote(NoteStanding):
    text: str


class OpenedNotes(BaseModel):
    """Newest first, as they stand."""

    items: list[OpenedNote]
