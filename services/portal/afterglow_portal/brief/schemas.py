"""A brief as the therapist reads it."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel

from afterglow_portal.caseload.schemas import SessionAhead
from afterglow_portal.checkins.schemas import Curve
from afterglow_portal.course.schemas import Kind, Route
from afterglow_portal.curve.items import Better, Item
from afterglow_portal.journal.schemas import Phase
from afterglow_portal.people.schemas import Named
from afterglow_portal.raised_energy.schemas import RaisedDay
from afterglow_portal.tasks.schemas import Adherence


class LastSession(BaseModel):
    """The newest session that took place."""

    id: UUID
    kind: Kind
    opened_at: datetime
    time_zone: str


class Side(BaseModel):
    """The mean of so many day means."""

    mean: float
    days: int


class ItemChange(BaseModel):
    """One item since the last session, and over as many days before it; `change` only from three days on each side.

    `better` names the item's better end, null where neither is.
    """

    item: Item
    lowest: float
    highest: float
    better: Better | None
    before: Side | None
    since: Side | None
    change: float | None


class SharedCheckIns(BaseModel):
    """How many were shared, how many of them with a note, and how many the reader has not opened."""

    total: int
    with_note: int
    unopened: int


class SharedEntry(BaseModel):
    """A journal entry that was shared since then; a brief tells none of its words."""

    id: UUID
    local_date: date
    phase: Phase | None
    opened: bool


class SharedEntries(BaseModel):
    """The newest entries first; `total` counts those that are not listed too."""

    total: int
    items: list[SharedEntry]


class DoseSince(BaseModel):
    """What was given at one time; what was given within six hours of hour 0 is one dose."""

    session_id: UUID
    given_at: datetime
    time_zone: str
    medicine: str
    route: Route
    dose_mg: float


class LatestDose(BaseModel):
    """Hour 0 of the client's latest dose, whenever it was, and whole local days since; the window is its four days."""

    at: datetime
    time_zone: str
    days: int
    in_window: bool


class Gap(BaseModel):
    """Local days from `first` to `last`, both included, of which nothing was shared."""

    first: date
    last: date


class ReadinessAhead(BaseModel):
    """How many required steps are ticked before the next session; `reasoned` says that it goes on as it is."""

    ticked: int
    steps: int
    reasoned: bool


class PinnedLineOut(BaseModel):
    id: UUID
    text: str
    pinned_at: datetime


class Brief(BaseModel):
    """`since` is when the last session began, or a later time where that lies very far back.

    `tasks` counts from the day of `since`; `readiness` is null unless the next session is one of dosing whose list is
    not ticked to its end, and `long_term_due_on` unless the long-term questions are due. `raised_energy` are days of
    the last week, for a therapist who watches for it, where there are enough of them to ask (decision 0073).
    """

    client: Named
    time_zone: str
    since: datetime
    last_session: LastSession | None
    next_session: SessionAhead | None
    curve: Curve
    items: list[ItemChange]
    check_ins: SharedCheckIns
    entries: SharedEntries
    lines: list[PinnedLineOut]
    doses: list[DoseSince]
    latest_dose: LatestDose | None
    gaps: list[Gap]
    raised_energy: list[RaisedDay]
    tasks: Adherence
    readiness: ReadinessAhead | None
    long_term_due_on: date | None
