"""The journal in and out. Strict, as check-ins are."""

import unicodedata
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from afterglow_foundation.sought import Question
from pydantic import UUID7, AfterValidator, BaseModel, Field

from afterglow_portal.people.schemas import Named
from afterglow_portal.readings import FirstReading
from afterglow_portal.times import Instant, TimeZone
from afterglow_portal.visibility import Visibility

LONGEST_TEXT = 20_000
LONGEST_TITLE = 200
LARGEST_COUNT = 2**31 - 2  # one more still fits its column
BREAKING = {"Cc", "Zl", "Zp"}  # control characters, and what begins a line; joiners and wide spaces are writing


class Phase(StrEnum):
    """Where in a course of treatment an entry stands."""

    preparation = "preparation"
    experience = "experience"
    integration = "integration"


def without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("must be text without the control character NUL")
    return text


def not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must say something")
    return text


def one_line(title: str) -> str | None:
    """A title in one line; an empty one is none."""
    if any(unicodedata.category(character) in BREAKING for character in title):
        raise ValueError("must be plain text in one line")
    return title.strip() or None


Written = Annotated[str, Field(strict=True, max_length=LONGEST_TEXT), AfterValidator(without_nul)]
Title = Annotated[str, Field(strict=True, max_length=LONGEST_TITLE), AfterValidator(one_line)]
Count = Annotated[int, Field(strict=True, ge=0, le=LARGEST_COUNT)]

NOT_CONTENT = {"version_id", "base_version", "draft_revision"}


class EntryBody(BaseModel, extra="forbid", frozen=True):
    """What a client sends. `text` is Markdown; who shows it renders it, and nobody trusts it.

    It may be empty only where a voice note speaks for the entry.

    With `draft_revision` the draft goes only if it is still that one: another tab's words stay where they are.
    """

    title: Title | None = None
    text: Written
    phase: Phase | None = None
    follows: UUID7 | None = None
    felt_at: Instant
    time_zone: TimeZone
    visibility: Visibility
    draft_revision: Count | None = None

    def canonical(self) -> bytes:
        """The same bytes for the same content, however it was spelled."""
        return self.model_dump_json(exclude_defaults=True, exclude=NOT_CONTENT).encode()


class VersionBody(EntryBody, frozen=True):
    """An edit of version `base_version`, under an id of its own, so that sending it twice is safe."""

    version_id: UUID7
    base_version: Annotated[Count, Field(ge=1)]


class EntryOut(BaseModel):
    """An entry as its writer is answered; `version` above 1 and `edited_at` say that it changed."""

    id: UUID
    client_id: UUID
    title: str | None
    text: str
    phase: Phase | None
    follows: UUID | None
    felt_at: datetime
    entered_at: datetime
    time_zone: str
    local_date: date
    visibility: Visibility
    back_dated: bool
    version: int
    edited_at: datetime | None


class Reading(FirstReading):
    """Who opened it first when, and the newest version of it that they saw."""

    version: int


class EntryDetail(EntryOut):
    """One entry with who may open it and who did. A therapist sees their own reading alone."""

    shared_with: list[Named]
    readings: list[Reading]
    continued_by: list[UUID]


class EntryHead(BaseModel):
    """An entry in a list. For a therapist `title` and `opening` are null until they opened it: that is reading."""

    id: UUID
    title: str | None
    opening: str | None
    phase: Phase | None
    follows: UUID | None
    felt_at: datetime
    entered_at: datetime
    time_zone: str
    local_date: date
    visibility: Visibility
    back_dated: bool
    version: int
    edited_at: datetime | None
    read_at: datetime | None


class EntryPage(BaseModel):
    """Newest first; `next` goes into `after`, null at the end."""

    items: list[EntryHead]
    next: str | None


class Versions(BaseModel):
    """Every version of one entry, oldest first; the last one is current."""

    items: list[EntryOut]


class Erased(BaseModel):
    """The entry, its versions and its draft are gone. Its id is not taken again."""

    id: UUID
    erased_at: datetime


class DraftBody(BaseModel, extra="forbid", frozen=True):
    """What is being written. `revision` is the last one that the writer saw (0: none), `base_version` the entry's."""

    base_version: Count = 0
    revision: Count = 0
    title: Annotated[str, Field(strict=True, max_length=LONGEST_TITLE), AfterValidator(without_nul)] = ""
    text: Written = ""
    phase: Phase | None = None
    follows: UUID7 | None = None
    felt_at: Annotated[str, Field(strict=True, max_length=40), AfterValidator(without_nul)] = ""
    time_zone: Annotated[str, Field(strict=True, max_length=64), AfterValidator(without_nul)] = ""
    visibility: Visibility | None = None

    def canonical(self) -> bytes:
        return self.model_dump_json(exclude={"revision", "base_version"}).encode()


class DraftOut(DraftBody):
    """A draft, with the `revision` to send with the next saving."""

    entry_id: UUID
    saved_at: datetime


class DraftSaved(BaseModel):
    entry_id: UUID
    revision: int
    saved_at: datetime


class BeingWritten(BaseModel):
    """What stands under an id of one's own: the entry as it was saved, and the draft; null where there is none yet."""

    entry: EntryOut | None
    draft: DraftOut | None


class Drafts(BaseModel):
    """Newest first."""

    items: list[DraftOut]


class Search(BaseModel, extra="forbid", frozen=True):
    """In the body and never in an address: what somebody looks for in their journal is as private as the journal."""

    q: Question


class Found(BaseModel):
    """Newest first. `searched` entries were opened; `complete` is false where there are more than that."""

    items: list[EntryHead]
    searched: int
    complete: bool


class TherapistNow(Named):
    """Whoever treats the client now; `earlier` shared entries of the client they cannot open."""

    earlier: int


class Sharing(BaseModel):
    """With whom an entry is shared that says `therapist` now; whoever stands in for them opens it meanwhile.

    After a dose nothing is shared before `shared_again_at`.
    """

    therapists: list[TherapistNow]
    standing_in: list[Named]
    shared_again_at: datetime | None
