"""What portal answers about a course of treatment, as far as pages show it."""

from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from pydantic import BaseModel


class Kind(StrEnum):
    preparation = "preparation"
    dosing = "dosing"
    integration = "integration"
    counselling = "counselling"


class State(StrEnum):
    planned = "planned"
    open = "open"
    ended = "ended"
    cancelled = "cancelled"


class Route(StrEnum):
    im = "im"
    iv = "iv"
    intranasal = "intranasal"
    sublingual = "sublingual"
    oral = "oral"


class Named(BaseModel):
    """Somebody, by a name that is empty where the reader does not know them any more."""

    id: UUID
    name: str


class Treatment(BaseModel):
    treatment: str
    outcome: str


class SessionBefore(BaseModel):
    """How a session stood from `made_at` on; `reason` is why it came to that, where somebody wrote why."""

    reason: str
    kind: Kind
    state: State
    planned_at: datetime
    time_zone: str
    made_at: datetime


class Session(BaseModel):
    """A session with what it was before, oldest first."""

    reason: str
    id: UUID
    kind: Kind
    state: State
    planned_at: datetime
    time_zone: str
    thread: UUID | None
    opened_at: datetime | None
    ended_at: datetime | None
    version: int
    changed_at: datetime
    made_by: Named
    before: list[SessionBefore]

    @property
    def moved_from(self) -> list[datetime]:
        """The times that it was planned for before, where they were other ones."""
        times = [*(one.planned_at for one in self.before), self.planned_at]
        return [earlier for earlier, later in pairwise(times) if earlier != later]


class Given(BaseModel):
    """A medicine given; `mg_per_kg` where a weight was recorded."""

    medicine: str
    route: Route
    dose_mg: float
    mg_per_kg: float | None


class GivenBefore(Given):
    """What a record said from `made_at` on, until it was corrected."""

    given_at: datetime
    made_at: datetime
    made_by: Named


class Administration(Given):
    """`version` above 1 says that it was corrected; `before` is what it said, oldest first.

    With `withdrawn_at` it was never given: `withdrawal_reason` says why.
    """

    id: UUID
    version: int
    corrected_at: datetime | None
    corrected_by: Named | None
    withdrawn_at: datetime | None
    withdrawn_by: Named | None
    withdrawal_reason: str
    before: list[GivenBefore]
    session_id: UUID
    given_at: datetime
    time_zone: str
    weight_kg: float | None
    setting: str
    present: str
    made_at: datetime
    made_by: Named


class Plan(BaseModel):
    """Intake and plan."""

    version: int
    problem: str
    conditions: list[str]
    previous_treatments: list[Treatment]
    medicines: list[str]
    allergies: list[str]
    contraindications_asked: list[str]
    contraindications: list[str]
    goals: list[str]
    items: list[str]
    watch_energy: bool
    planned_doses: int | None
    spacing_days: int | None
    started_on: date
    ended_on: date | None
    made_at: datetime
    made_by: Named


class PlanVersions(BaseModel):
    """Each since it was made, oldest first, the current one last."""

    items: list[Plan]


class Course(Plan):
    """A plan as it is now, with the sessions and what was given in them, each in the order of its time."""

    id: UUID
    edited_at: datetime | None
    edited_by: Named | None
    sessions: list[Session]
    administrations: list[Administration]

    def given_in(self, session: UUID) -> list[Administration]:
        return [one for one in self.administrations if one.session_id == session]

    def administration(self, found: UUID) -> Administration | None:
        return next((one for one in self.administrations if one.id == found), None)

    def open_besides(self, session: UUID) -> list[Session]:
        """Others that somebody opened and nobody ended."""
        return [one for one in self.sessions if one.state == State.open and one.id != session]

    def find(self, session: UUID) -> Session | None:
        return next((one for one in self.sessions if one.id == session), None)


class Courses(BaseModel):
    """A client's courses, the newest first."""

    items: list[Course]

    @property
    def current(self) -> Course | None:
        return self.items[0] if self.items else None


class NextSession(BaseModel):
    kind: Kind
    planned_at: datetime


class ToCome(BaseModel):
    next: NextSession | None
