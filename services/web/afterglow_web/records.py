"""What portal and auth answer, as far as pages show it. Unknown fields are left alone."""

from datetime import date, datetime
from enum import StrEnum
from typing import Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel

Item = TypeVar("Item")


class Visibility(StrEnum):
    next_session = "next_session"
    only_me = "only_me"
    therapist = "therapist"


def wait_after_a_dose(visibility: Visibility, shared_again_at: datetime | None) -> Visibility:
    """Where an entry starts: on the day of a dose nothing starts as shared, and what would be waits."""
    waits = shared_again_at is not None and visibility == Visibility.therapist
    return Visibility.next_session if waits else visibility


class ItemPage(BaseModel, Generic[Item]):
    """One page of a cursor list; `next` is None at its end."""

    items: list[Item]
    next: str | None = None


class CheckIn(BaseModel):
    """One check-in: mood and energy from -5 to 5, anxiety from 0 to 10, None for what was skipped."""

    id: UUID
    mood: float | None
    energy: float | None
    anxiety: float | None
    items: dict[str, float] = {}
    words: list[str] = []
    tags: list[str] = []
    note: str | None = None
    felt_at: datetime
    entered_at: datetime
    time_zone: str
    local_date: date
    visibility: Visibility
    back_dated: bool = False
    origin: Literal["prompted", "spontaneous"] = "spontaneous"
    version: int = 1
    edited_at: datetime | None = None


class Versions(BaseModel):
    """Every version of a check-in, oldest first; the last one is current."""

    items: list[CheckIn]


class Reading(BaseModel):
    """Somebody opened this version; the name is None where the client does not know them any more."""

    reader_id: UUID
    reader_name: str | None
    version: int
    first_read_at: datetime


class Readings(BaseModel):
    """Who opened a check-in, the earliest first."""

    items: list[Reading]


class ItemRange(BaseModel):
    name: str
    lowest: float
    highest: float


class ClientName(BaseModel):
    id: UUID
    name: str


class Vocabulary(BaseModel):
    """The emotion words and context tags that a check-in form offers, and the scales of the optional items.

    `standing_in` see a shared check-in now besides whoever treats the client; `switched_on` are the items asked for.
    """

    words: list[str] = []
    tags: list[str] = []
    items: list[ItemRange] = []
    standing_in: list[ClientName] = []
    shared_again_at: datetime | None = None
    switched_on: list[str] = []


class Means(BaseModel):
    """The means of so many entries; none without any."""

    mood: float | None
    energy: float | None
    anxiety: float | None
    entries: int


class CurvePoint(Means):
    """The means of one local day, or of the week that begins on it; those of back-dated entries apart."""

    date: date
    back_dated: Means | None = None

    @property
    def says_something(self) -> bool:
        return bool(self.entries or self.back_dated)


class Mark(BaseModel):
    """A day on which there was a dose, or a session without one, or one of raised energy after a short night."""

    date: date
    kind: Literal["dose", "session", "raised"]


class CheckInCurve(BaseModel):
    """Every day or week from the first to the last, and the days of doses and sessions among them, oldest first.

    `raised_energy` are those days that a therapist watches for.
    """

    unit: Literal["day", "week"]
    points: list[CurvePoint]
    marks: list[Mark]
    raised_energy: list[date]

    @property
    def happenings(self) -> list[Mark]:
        """What is marked, oldest first: of one day its dose or session, then that energy was raised."""
        raised = [Mark(date=day, kind="raised") for day in self.raised_energy]
        return sorted([*self.marks, *raised], key=lambda one: one.date)

    @property
    def says_something(self) -> bool:
        return any(point.says_something for point in self.points)


class Choices(BaseModel):
    """The client's standing choices; None before the first. `check_ins_a_day` at most; 0 lifts it, None is no limit."""

    check_ins: Visibility | None = None
    journal: Visibility | None = None
    check_ins_a_day: int | None = None


class ClientRecord(BaseModel):
    """`reading_ends_at` where whoever reads stands in, or treated them until lately; `open_until` in an emergency."""

    id: UUID
    name: str
    time_zone: str
    since: datetime
    reading_ends_at: datetime | None = None
    open_until: datetime | None = None
