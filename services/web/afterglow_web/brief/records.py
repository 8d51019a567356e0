"""What portal answers as a brief, as far as the page shows it."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel

from afterglow_web.course.records import Given, Kind
from afterglow_web.journal.records import Phase
from afterglow_web.records import CheckInCurve, ClientName
from afterglow_web.tasks.records import Adherence
from afterglow_web.therapist.records import SessionAhead


class LastSession(BaseModel):
    id: UUID
    kind: Kind
    opened_at: datetime


class Side(BaseModel):
    """The mean of so many day means."""

    mean: float
    days: int


class ItemChange(BaseModel):
    """One item before the last session and since; `change` is None where too few days were noted."""

    item: str
    before: Side | None
    since: Side | None
    change: float | None


class SharedCheckIns(BaseModel):
    total: int
    with_note: int
    unopened: int


class SharedEntry(BaseModel):
    id: UUID
    local_date: date
    phase: Phase | None
    opened: bool


class SharedEntries(BaseModel):
    """`total` counts those that are not listed too."""

    total: int
    items: list[SharedEntry]


class DoseSince(Given):
    session_id: UUID
    given_at: datetime
    mg_per_kg: float | None = None


class LatestDose(BaseModel):
    """Whole days since, by the client's own calendar; `in_window` for the four days after it."""

    at: datetime
    days: int
    in_window: bool


class Gap(BaseModel):
    first: date
    last: date


class RaisedDay(BaseModel):
    """A day of high energy after a short night: the means of what was shared of it."""

    date: date
    energy: float
    sleep_hours: float


class Readiness(BaseModel):
    """How far the list before the next dose is ticked; `reasoned` says that it goes on as it is."""

    ticked: int
    steps: int
    reasoned: bool


class PinnedLine(BaseModel):
    text: str


class Brief(BaseModel):
    """What changed since the last session, and what the client wants to speak about; from shared entries."""

    client: ClientName
    time_zone: str
    since: datetime
    last_session: LastSession | None
    next_session: SessionAhead | None
    curve: CheckInCurve
    items: list[ItemChange]
    check_ins: SharedCheckIns
    entries: SharedEntries
    lines: list[PinnedLine]
    doses: list[DoseSince]
    latest_dose: LatestDose | None
    gaps: list[Gap]
    raised_energy: list[RaisedDay]
    tasks: Adherence
    readiness: Readiness | None
    long_term_due_on: date | None

    @property
    def asks_something(self) -> bool:
        return bool(self.lines or self.entries.items or self.check_ins.total or self.gaps or self.raised_energy)
