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
    """How a session stood from `made_at` on."""

    kind: Kind
    state: State
    planned_at: datetime
    time_zone: str
    made_at: datetime


class Session(BaseModel):
    """A session with what it was before, oldest first."""

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


class Administration(Given):
    id: UUID
    session_id: UUID
    given_at: datetime
    time_zone: str
    weight_kg: float | None
    setting: str
    present: str
    made_at: datetime
    made_by: Named


class Course(BaseModel):
    """Intake and plan, with the sessions and what was given in them, each in the order of its time."""

    id: UUID
    problem: str
    conditions: list[str]
    previous_treatments: list[Treatment]
    medicines: list[str]
    allergies: list[str]
    contraindications: list[str]
    goals: list[str]
    items: list[str]
    planned_doses: int | None
    spacing_days: int | None
    started_on: date
    ended_on: date | None
    version: int
    made_at: datetime
    made_by: Named
    edited_at: datetime | None
    sessions: list[Session]
    administrations: list[Administration]

    def given_in(self, session: UUID) -> list[Administration]:
        return [one for one in self.administrations if one.session_id == session]

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
