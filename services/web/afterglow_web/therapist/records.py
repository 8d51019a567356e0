"""What portal answers about a caseload, as far as pages show it."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from afterglow_web.course.records import Kind, State
from afterglow_web.records import ClientName

Show = Literal["all", "attention", "after_dose", "session_soon"]


class LatestMood(BaseModel):
    mood: float | None
    local_date: date


class MoodLine(BaseModel):
    """The mean mood of each day from `first` on, None on a gap; `doses` are days among them."""

    first: date = Field(alias="from")
    moods: list[float | None]
    doses: list[date]


class SessionAhead(BaseModel):
    """What is planned next, or open now."""

    id: UUID
    kind: Kind
    state: State
    planned_at: datetime


class Reason(BaseModel):
    """Why somebody needs attention, with what its sentence needs; a kind of tomorrow's portal is left out."""

    kind: str
    at: datetime | None = None
    day: date | None = None
    number: int | None = None
    mood: float | None = None
    usual: float | None = None


class CaseloadEntry(BaseModel):
    """One client of a therapist, from shared entries only."""

    client: ClientName
    reasons: list[Reason]
    latest: LatestMood | None
    sparkline: MoodLine
    check_ins_30_days: int
    next_session: SessionAhead | None
    reading_ends_at: datetime | None = None


class Caseload(BaseModel):
    """Who needs attention first; `counts` by what can be shown, and `next` None at the end."""

    items: list[CaseloadEntry]
    counts: dict[Show, int]
    next: str | None = None
