"""Process notes in and out: words and nothing else, so that nothing of the record has a place in them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import UUID7, AfterValidator, BaseModel, Field

from afterglow_portal.course.schemas import Version
from afterglow_portal.journal.schemas import not_blank, without_nul

LONGEST_NOTE = 10_000
Words = Annotated[
    str, Field(strict=True, max_length=LONGEST_NOTE), AfterValidator(without_nul), AfterValidator(not_blank)
]


class NoteBody(BaseModel, extra="forbid", frozen=True):
    """What its writer sends."""

    text: Words

    def canonical(self) -> bytes:
        """The same bytes for the same words."""
        return self.model_dump_json(include={"text"}).encode()


class NoteEdit(NoteBody, frozen=True):
    """The whole new text, under an id of its own, of the version that it was made from."""

    version_id: UUID7
    base_version: Version


class NoteStanding(BaseModel):
    """Which version there is and since when, without a word of it."""

    id: UUID
    version: int
    written_at: datetime
    edited_at: datetime | None


class NoteHead(NoteStanding):
    """For a list: with the first words."""

    opening: str


class NoteOut(NoteStanding):
    """`may_write` ends with care, before reading does."""

    text: str
    may_write: bool


class NotePage(BaseModel):
    """Newest first; `next` is null at the end. `may_write` ends with care, before reading does."""

    may_write: bool
    items: list[NoteHead]
    next: str | None


class NoteVersion(BaseModel):
    """What a note said from `made_at` on."""

    version: int
    made_at: datetime
    text: str


class NoteVersions(BaseModel):
    """Oldest first, the current one last."""

    items: list[NoteVersion]
