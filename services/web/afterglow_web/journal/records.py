"""What portal answers of the journal, as far as pages show it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from afterglow_web.records import ClientName, Visibility


class Phase(StrEnum):
    preparation = "preparation"
    experience = "experience"
    integration = "integration"


class EntryHead(BaseModel):
    """One entry in a list; for a therapist without words until they opened it."""

    id: UUID
    title: str | None
    opening: str | None
    phase: Phase | None
    felt_at: datetime
    entered_at: datetime
    time_zone: str
    local_date: date
    visibility: Visibility
    back_dated: bool
    version: int
    edited_at: datetime | None
    read_at: datetime | None


class Entry(BaseModel):
    """One version of an entry."""

    id: UUID
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


class Reading(BaseModel):
    """Who opened it first when, and the newest version of it that they saw."""

    reader: ClientName
    read_at: datetime
    version: int


class EntryDetail(Entry):
    shared_with: list[ClientName] = []
    readings: list[Reading] = []
    continued_by: list[UUID] = []


class LineReading(BaseModel):
    reader: ClientName
    read_at: datetime


class PinnedLine(BaseModel):
    """A line pinned for the next session; for a therapist without the entry it is from."""

    id: UUID
    entry_id: UUID | None
    text: str
    pinned_at: datetime
    shown_to: list[ClientName] = []
    readings: list[LineReading] = []


class Agenda(BaseModel):
    items: list[PinnedLine]


class Versions(BaseModel):
    items: list[Entry]


class Draft(BaseModel):
    """What was being written; every field as it was typed."""

    entry_id: UUID
    base_version: int
    revision: int
    title: str
    text: str
    phase: Phase | None
    follows: UUID | None
    felt_at: str
    time_zone: str
    visibility: Visibility | None
    saved_at: datetime

    def said(self) -> dict[str, Any]:
        """What the person gave, as the JSON of a draft has it."""
        return self.model_dump(mode="json", exclude={"entry_id", "base_version", "revision", "saved_at"})


class BeingWritten(BaseModel):
    """The entry as it was saved and the draft under one id, if there are such."""

    entry: Entry | None
    draft: Draft | None


class Drafts(BaseModel):
    items: list[Draft]


class DraftSaved(BaseModel):
    entry_id: UUID
    revision: int
    saved_at: datetime


class TherapistNow(ClientName):
    earlier: int


class Sharing(BaseModel):
    """Who treats the client, and who stands in for them and opens what is shared meanwhile.

    After a dose nothing is shared before `shared_again_at`.
    """

    therapists: list[TherapistNow]
    standing_in: list[ClientName] = []
    shared_again_at: datetime | None = None

    @property
    def names(self) -> list[str]:
        return [person.name for person in self.therapists]


class Found(BaseModel):
    items: list[EntryHead]
    searched: int
    complete: bool
