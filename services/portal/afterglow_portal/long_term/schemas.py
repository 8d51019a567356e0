"""Long-term questions in and out. Strict, as the course is."""

from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import BaseModel, model_validator

from afterglow_portal.course.schemas import Text
from afterglow_portal.dosing_day.schemas import Pressure
from afterglow_portal.people.schemas import Named


class Finding(StrEnum):
    none = "none"
    some = "some"
    much = "much"


class LongTermContent(BaseModel, frozen=True):
    """What is sealed: trouble with the bladder, craving, trouble with memory and attention; blood pressure in mmHg.

    Null is what was not asked.
    """

    bladder: Finding | None = None
    craving: Finding | None = None
    cognition: Finding | None = None
    systolic: Pressure | None = None
    diastolic: Pressure | None = None
    words: Text = ""


class LongTermBody(LongTermContent, extra="forbid", frozen=True):
    """`asked_on` is a day of the client's own calendar, today at the latest."""

    asked_on: date

    @model_validator(mode="after")
    def says_something(self) -> Self:
        if (self.systolic is None) != (self.diastolic is None):
            raise ValueError("systolic and diastolic come together")
        if self.systolic is not None and self.diastolic is not None and self.diastolic >= self.systolic:
            raise ValueError("diastolic must be below systolic")
        if {self.bladder, self.craving, self.cognition, self.systolic} == {None}:
            raise ValueError("must hold at least one answer")
        return self

    def canonical(self) -> bytes:
        """The same bytes for the same content, however it was spelled."""
        return self.model_dump_json(exclude_defaults=True).encode()


class LongTermOut(LongTermContent):
    """`outside` names what lies outside its range, as on the day of a dose."""

    id: UUID
    asked_on: date
    outside: list[str]
    made_at: datetime
    made_by: Named


class LongTerm(BaseModel):
    """The newest first. `due_on` is when it is asked next, perhaps long past; null where no doses go on."""

    items: list[LongTermOut]
    due_on: date | None
