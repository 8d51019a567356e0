"""A caseload as its therapist sees it: from shared entries only."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, Field

from afterglow_portal.course.schemas import Kind, State

MOST_AT_ONCE = 500


class ReasonKind(StrEnum):
    """Why somebody needs attention, the most pressing first (decision 0038)."""

    session_open = "session_open"
    session_today = "session_today"
    mood_drop = "mood_drop"
    raised_energy = "raised_energy"
    silent_after_dose = "silent_after_dose"
    after_dose = "after_dose"
    session_tomorrow = "session_tomorrow"
    pinned_lines = "pinned_lines"
    unopened_entries = "unopened_entries"
    reading_ends = "reading_ends"


class Show(StrEnum):
    """Which clients: all, those with a reason, those in the four days after a dose, with a session within a week."""

    after_dose = "after_dose"
    all = "all"
    attention = "attention"
    session_soon = "session_soon"


@dataclass(slots=True)
class Reason:
    """`at` is of a session or of the end of reading; `day` the client's own of a dose or a mood.

    `number` counts lines or entries, or days since a dose. `usual` is the mean of the days before that of `mood`.
    Of raised energy `day` is the first of `number` days.
    """

    kind: ReasonKind
    at: datetime | None = None
    day: date | None = None
    number: int | None = None
    mood: float | None = None
    usual: float | None = None


class CaseloadClient(BaseModel):
    id: UUID
    name: str


class LatestCheckIn(BaseModel):
    mood: float | None
    energy: float | None
    anxiety: float | None
    felt_at: datetime
    local_date: date


class Sparkline(BaseModel, serialize_by_alias=True):
    """Mean mood of each local day from `from` on, today last; null on a gap. `doses` are days among them."""

    first: date = Field(alias="from")
    moods: list[float | None]
    doses: list[date]


class SessionAhead(BaseModel):
    """What is planned next, or open now; `time_zone` is that in which its hour was agreed."""

    id: UUID
    kind: Kind
    state: State
    planned_at: datetime
    time_zone: str


class CaseloadRow(BaseModel):
    """One client. `reading_ends_at` is set once care has ended and the record closes at that time."""

    client: CaseloadClient
    reasons: list[Reason]
    latest: LatestCheckIn | None
    sparkline: Sparkline
    check_ins_30_days: int
    next_session: SessionAhead | None
    since: datetime
    reading_ends_at: datetime | None


class Caseload(BaseModel):
    """Who needs attention first, then by name; `next` goes into `after`, null at the end.

    `counts` are of all clients with that part of a name, by what `show` can ask for.
    """

    items: list[CaseloadRow]
    counts: dict[Show, int]
    next: str | None
