"""The course of treatment in and out. Strict, as check-ins and journal are."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import UUID7, AfterValidator, BaseModel, Field, ValidationInfo, field_validator, model_validator

from afterglow_portal.checkins.schemas import EACH_ONCE, Items, named_once
from afterglow_portal.journal.schemas import LARGEST_COUNT, not_blank, without_nul
from afterglow_portal.people.schemas import Named
from afterglow_portal.times import Instant, TimeZone

LONGEST_TEXT = 4_000
LONGEST_LINE = 200
MOST_LINES = 30
DECIMALS = 3
SLEEP = "sleep_hours"


class Kind(StrEnum):
    """The four kinds of sessions (DOMAIN §6)."""

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
    """How a medicine was given."""

    im = "im"
    iv = "iv"
    intranasal = "intranasal"
    sublingual = "sublingual"
    oral = "oral"


def known_item(name: str) -> str:
    if name not in Items.model_fields:
        raise ValueError("must be one of the optional items of a check-in")
    return name


Text = Annotated[str, Field(strict=True, max_length=LONGEST_TEXT), AfterValidator(without_nul)]
Line = Annotated[
    str, Field(strict=True, max_length=LONGEST_LINE), AfterValidator(without_nul), AfterValidator(not_blank)
]
Lines = Annotated[tuple[Line, ...], Field(max_length=MOST_LINES)]
Item = Annotated[
    str, Field(strict=True, json_schema_extra={"enum": list(Items.model_fields)}), AfterValidator(known_item)
]
OptionalItems = Annotated[tuple[Item, ...], Field(json_schema_extra=EACH_ONCE), AfterValidator(named_once)]
Doses = Annotated[int, Field(strict=True, ge=1, le=100)]
Days = Annotated[int, Field(strict=True, ge=1, le=366)]
Milligrams = Annotated[float, Field(strict=True, gt=0, le=2_000, allow_inf_nan=False)]
Kilograms = Annotated[float, Field(strict=True, ge=20, le=400, allow_inf_nan=False)]
Version = Annotated[int, Field(strict=True, ge=1, le=LARGEST_COUNT)]


class Treatment(BaseModel, extra="forbid", frozen=True):
    """A treatment before this one, and how it went, in a few words."""

    treatment: Line
    outcome: Text = ""


class PlanContent(BaseModel, frozen=True):
    """What is sealed: why the client comes, in their words; intake; goals, each in the client's words.

    `contraindications_asked` is the practice's list as it was asked, word by word, `contraindications` what was found.
    """

    problem: Text = ""
    conditions: Lines = ()
    previous_treatments: Annotated[tuple[Treatment, ...], Field(max_length=MOST_LINES)] = ()
    medicines: Lines = ()
    allergies: Lines = ()
    contraindications_asked: Lines = ()
    contraindications: Lines = ()
    goals: Lines = ()


class CourseBody(PlanContent, extra="forbid", frozen=True):
    """Intake and plan. `items` are the optional check-in items switched on, `spacing_days` between two doses.

    `watch_energy` says high energy after short nights to the therapists (decision 0073), so it needs hours of sleep.
    """

    items: OptionalItems = ()
    watch_energy: Annotated[bool, Field(strict=True)] = False
    planned_doses: Doses | None = None
    spacing_days: Days | None = None
    started_on: date
    ended_on: date | None = None

    @field_validator("watch_energy")
    @classmethod
    def asks_what_it_watches(cls, watched: bool, so_far: ValidationInfo) -> bool:
        if watched and SLEEP not in so_far.data.get("items", [SLEEP]):
            raise ValueError(f"needs {SLEEP} among the items")
        return watched

    @model_validator(mode="after")
    def in_order(self) -> "CourseBody":
        if self.ended_on and self.ended_on < self.started_on:
            raise ValueError("ended_on must not come before started_on")
        return self

    def canonical(self) -> bytes:
        """The same bytes for the same content, however it was spelled."""
        return self.model_dump_json(exclude_defaults=True, exclude={"version_id", "base_version"}).encode()


class CourseVersionBody(CourseBody, frozen=True):
    """An edit: the whole new content, under an id of its own, of the version that it was made from."""

    version_id: UUID7
    base_version: Version


class SessionBody(BaseModel, extra="forbid", frozen=True):
    """A session to come; `time_zone` is the zone in which its hour was agreed."""

    kind: Kind
    planned_at: Instant
    time_zone: TimeZone
    thread: UUID7 | None = None

    def canonical(self) -> bytes:
        return self.model_dump_json(exclude_defaults=True, exclude={"change_id", "base_version"}).encode()


class SessionChangeBody(SessionBody, frozen=True):
    """Another time, kind or thread, under an id of its own, of the version that it was made from, and why (sealed)."""

    reason: Text = ""
    change_id: UUID7
    base_version: Version


class CancellationBody(BaseModel, extra="forbid", frozen=True):
    """Why a session is cancelled, if that is said; sealed."""

    reason: Text = ""


class AdministrationBody(BaseModel, extra="forbid", frozen=True):
    """A medicine given: dose in mg, weight in kg as recorded; `setting` and `present` are sealed."""

    given_at: Instant
    time_zone: TimeZone
    route: Route
    medicine: Line
    dose_mg: Milligrams
    weight_kg: Kilograms | None = None
    setting: Text = ""
    present: Text = ""

    def canonical(self) -> bytes:
        return self.model_dump_json(exclude_defaults=True).encode()


class CorrectionBody(AdministrationBody, frozen=True):
    """What a record should have said, whole, under an id of its own, of the version that it was made from."""

    correction_id: UUID7
    base_version: Version

    def canonical(self) -> bytes:
        return self.model_dump_json(exclude_defaults=True, exclude={"correction_id", "base_version"}).encode()


class WithdrawalBody(BaseModel, extra="forbid", frozen=True):
    """Why a record says what was never given; sealed."""

    reason: Annotated[Text, AfterValidator(not_blank)]


class GivenBefore(BaseModel):
    """What a record said from `made_at` on, until it was corrected."""

    version: int
    given_at: datetime
    time_zone: str
    route: Route
    medicine: str
    dose_mg: float
    weight_kg: float | None
    mg_per_kg: float | None
    setting: str
    present: str
    made_at: datetime
    made_by: Named


class AdministrationOut(BaseModel):
    """`mg_per_kg` is null where no weight was recorded. `version` above 1 says that it was corrected; see `before`.

    With `withdrawn_at` it was never given: `withdrawal_reason` says why, and nothing counts it.
    """

    id: UUID
    session_id: UUID
    version: int
    corrected_at: datetime | None
    corrected_by: Named | None
    withdrawn_at: datetime | None
    withdrawn_by: Named | None
    withdrawal_reason: str
    before: list[GivenBefore]
    given_at: datetime
    time_zone: str
    route: Route
    medicine: str
    dose_mg: float
    weight_kg: float | None
    mg_per_kg: float | None
    setting: str
    present: str
    made_at: datetime
    made_by: Named


class SessionBefore(BaseModel):
    """How a session stood from `made_at` on, until it was changed; `reason` is why it came to that."""

    version: int
    reason: str
    kind: Kind
    state: State
    planned_at: datetime
    time_zone: str
    made_at: datetime


class SessionOut(BaseModel):
    """A session with what it was before, oldest first. `version` above 1 says that it changed, `reason` why."""

    reason: str
    id: UUID
    course_id: UUID
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


class NextSession(BaseModel):
    """The next session that is planned, null where there is none; `time_zone` is that in which its hour was agreed."""

    id: UUID
    kind: Kind
    planned_at: datetime
    time_zone: str


class ToCome(BaseModel):
    next: NextSession | None


class CourseOut(PlanContent):
    id: UUID
    client_id: UUID
    items: tuple[str, ...]
    watch_energy: bool
    planned_doses: int | None
    spacing_days: int | None
    started_on: date
    ended_on: date | None
    version: int
    made_at: datetime
    made_by: Named
    edited_at: datetime | None
    edited_by: Named | None


class PlanVersion(PlanContent):
    """What a plan said from `made_at` on."""

    version: int
    items: tuple[str, ...]
    watch_energy: bool
    planned_doses: int | None
    spacing_days: int | None
    started_on: date
    ended_on: date | None
    made_at: datetime
    made_by: Named


class PlanVersions(BaseModel):
    """Oldest first, the current one last."""

    items: list[PlanVersion]


class CourseDetail(CourseOut):
    """A course with its sessions and what was given in them, each in the order of its time."""

    sessions: list[SessionOut]
    administrations: list[AdministrationOut]


class Courses(BaseModel):
    """A client's courses, the newest first."""

    items: list[CourseDetail]
