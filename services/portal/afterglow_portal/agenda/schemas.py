"""Pinned lines in and out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import UUID7, AfterValidator, BaseModel, Field

from afterglow_portal.journal.schemas import not_blank, without_nul
from afterglow_portal.people.schemas import Named
from afterglow_portal.readings import FirstReading

LONGEST_LINE = 500
Line = Annotated[
    str, Field(strict=True, max_length=LONGEST_LINE), AfterValidator(without_nul), AfterValidator(not_blank)
]


class PinBody(BaseModel, extra="forbid", frozen=True):
    """A line of one's own entry, as it stands there. Marks of Markdown and spaces may be left out."""

    entry_id: UUID7
    text: Line

    def canonical(self) -> bytes:
        return self.model_dump_json().encode()


class LineOut(BaseModel):
    """A pinned line. For a therapist `entry_id` is null: of the entry around it they learn nothing here."""

    id: UUID
    entry_id: UUID | None
    text: str
    pinned_at: datetime
    shown_to: list[Named]
    readings: list[FirstReading]


class Agenda(BaseModel):
    """What is pinned for the next session, in the order in which it was pinned."""

    items: list[LineOut]


class Settled(BaseModel):
    """The line is off the agenda. Whoever read it has read it, and the record keeps that."""

    id: UUID
    settled_at: datetime
