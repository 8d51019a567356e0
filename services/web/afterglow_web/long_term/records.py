"""What portal answers about long-term questions, as far as pages show it."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from afterglow_web.course.records import Named


class Finding(StrEnum):
    none = "none"
    some = "some"
    much = "much"


class Asked(StrEnum):
    """In the order in which they are asked."""

    bladder = "bladder"
    craving = "craving"
    cognition = "cognition"


class Check(BaseModel):
    """What was answered on one day; `outside` names what lies outside its range."""

    id: UUID
    asked_on: date
    bladder: Finding | None
    craving: Finding | None
    cognition: Finding | None
    systolic: int | None
    diastolic: int | None
    words: str
    outside: list[str]
    made_at: datetime
    made_by: Named

    @property
    def answers(self) -> dict[Asked, Finding]:
        """What was asked, and what was answered."""
        found = {asked: getattr(self, asked) for asked in Asked}
        return {asked: finding for asked, finding in found.items() if finding}


class LongTerm(BaseModel):
    """The newest first; `due_on` where doses go on."""

    items: list[Check]
    due_on: date | None

    def is_due(self, today: date) -> bool:
        return self.due_on is not None and self.due_on <= today
