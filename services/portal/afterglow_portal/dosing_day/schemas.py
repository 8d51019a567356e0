"""The dosing day in and out. Strict, as the course is."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import UUID7, AfterValidator, BaseModel, Field, model_validator

from afterglow_portal.checkins.schemas import EACH_ONCE, named_once
from afterglow_portal.course.schemas import Text
from afterglow_portal.dosing_day.steps import Discharge, Readiness
from afterglow_portal.people.schemas import Named
from afterglow_portal.times import Instant


class Moment(StrEnum):
    """Which reading of the day it is (DOMAIN §6)."""

    baseline = "baseline"
    after_40_minutes = "after_40_minutes"
    before_leaving = "before_leaving"
    other = "other"


class EventKind(StrEnum):
    nausea = "nausea"
    vomiting = "vomiting"
    dizziness = "dizziness"
    headache = "headache"
    blood_pressure = "blood_pressure"
    heartbeat = "heartbeat"
    breathing = "breathing"
    sleepiness = "sleepiness"
    fear = "fear"
    confusion = "confusion"
    fall = "fall"
    other = "other"


class Presence(StrEnum):
    therapist = "therapist"
    prescriber = "prescriber"
    nurse = "nurse"
    support_person = "support_person"
    interpreter = "interpreter"
    trainee = "trainee"
    other = "other"


Pressure = Annotated[int, Field(strict=True, ge=20, le=300)]
Pulse = Annotated[int, Field(strict=True, ge=20, le=300)]
Oxygen = Annotated[int, Field(strict=True, ge=50, le=100)]
Present = Annotated[tuple[Presence, ...], Field(json_schema_extra=EACH_ONCE), AfterValidator(named_once)]


class RecordBody(BaseModel, extra="forbid", frozen=True):
    """`replaces` names the record of the same kind in whose place this one comes."""

    replaces: UUID7 | None = None

    def canonical(self) -> bytes:
        """The same bytes for the same content, however it was spelled."""
        return self.model_dump_json(exclude_defaults=True).encode()


class VitalSignsBody(RecordBody, frozen=True):
    """Blood pressure in mmHg, pulse in beats a minute, oxygen saturation in per cent; at least one of them."""

    measured_at: Instant
    moment: Moment
    systolic: Pressure | None = None
    diastolic: Pressure | None = None
    pulse: Pulse | None = None
    oxygen: Oxygen | None = None

    @model_validator(mode="after")
    def says_something(self) -> Self:
        if (self.systolic is None) != (self.diastolic is None):
            raise ValueError("systolic and diastolic come together")
        if self.systolic is not None and self.diastolic is not None and self.diastolic >= self.systolic:
            raise ValueError("diastolic must be below systolic")
        if {self.systolic, self.pulse, self.oxygen} == {None}:
            raise ValueError("must hold at least one reading")
        return self


class TimesBody(RecordBody, frozen=True):
    began_at: Instant
    ended_at: Instant | None = None

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.ended_at and self.ended_at < self.began_at:
            raise ValueError("ended_at must not come before began_at")
        return self


class AdverseEventBody(TimesBody, frozen=True):
    """`what` it was and how it went (`outcome`), both sealed."""

    kind: EventKind
    what: Text = ""
    outcome: Text = ""


class ObservationBody(TimesBody, frozen=True):
    """`words` are sealed: names, and what else is to be said of who was there."""

    present: Present = ()
    words: Text = ""


class ListBody(RecordBody, frozen=True):
    """`reason` is why it goes on without the steps that are missing now, and no others; sealed."""

    steps: tuple[Readiness | Discharge, ...] = ()
    reason: Text = ""


class ReadinessBody(ListBody, frozen=True):
    """The steps that are done before the first dose."""

    steps: Annotated[tuple[Readiness, ...], Field(json_schema_extra=EACH_ONCE), AfterValidator(named_once)] = ()


class DischargeBody(ListBody, frozen=True):
    """Likewise, before the client leaves."""

    steps: Annotated[tuple[Discharge, ...], Field(json_schema_extra=EACH_ONCE), AfterValidator(named_once)] = ()


class RecordOut(BaseModel):
    """A record as it stands; `replaced` says that a later one came in its place."""

    id: UUID
    replaces: UUID | None
    replaced: bool
    made_at: datetime
    made_by: Named


class VitalSignsOut(RecordOut):
    """`outside` names what lies outside its range, as `systolic_high`."""

    measured_at: datetime
    moment: Moment
    systolic: int | None
    diastolic: int | None
    pulse: int | None
    oxygen: int | None
    outside: list[str]


class AdverseEventOut(RecordOut):
    kind: str
    began_at: datetime
    ended_at: datetime | None
    what: str
    outcome: str


class ObservationOut(RecordOut):
    began_at: datetime
    ended_at: datetime | None
    present: list[str]
    words: str


class StepOut(BaseModel):
    """One step; since when, and by whom it was ticked, where it is. A dose waits for those that are `required`."""

    step: str
    required: bool
    ticked_at: datetime | None
    ticked_by: Named | None


class ListBefore(BaseModel):
    """How a list stood from `made_at` on, until somebody went through it again."""

    made_at: datetime
    made_by: Named
    ticked: list[str]
    reason: str


class ChecklistOut(BaseModel):
    """How a list stands. `id` is of its last record, null where there is none yet; `missing` are required steps.

    `before` says how it stood, oldest first.
    """

    id: UUID | None
    steps: list[StepOut]
    missing: list[str]
    reason: str
    before: list[ListBefore]


class RangeOut(BaseModel, from_attributes=True):
    """Readings from `low` to `high` say nothing; `source` is where that is from."""

    sign: str
    low: int
    high: int | None
    source: str


class Warned(StrEnum):
    """What the rules of a medicine under observation ask for and is not there. It warns, and blocks nothing."""

    observation_missing = "observation_missing"
    observation_short = "observation_short"
    pressure_after_40_minutes_missing = "pressure_after_40_minutes_missing"


class DosingDay(BaseModel):
    """Everything that is recorded of the day, each in the order of its time; replaced records stay in their place."""

    session_id: UUID
    readiness: ChecklistOut
    vital_signs: list[VitalSignsOut]
    adverse_events: list[AdverseEventOut]
    observation: ObservationOut | None
    observation_before: list[ObservationOut]
    discharge: ChecklistOut
    observation_required: bool
    warnings: list[Warned]
    ranges: list[RangeOut]
