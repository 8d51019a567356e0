"""What portal answers about the day of a dose, as far as pages show it."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from afterglow_web.course.records import Named


class Record(BaseModel):
    """`replaced` says that a later record came in its place, which names it as the one it `replaces`."""

    id: UUID
    replaces: UUID | None
    replaced: bool
    made_at: datetime
    made_by: Named


class VitalSigns(Record):
    """In mmHg, beats a minute and per cent; `outside` names what lies outside its range, as `systolic_high`."""

    measured_at: datetime
    moment: str
    systolic: int | None
    diastolic: int | None
    pulse: int | None
    oxygen: int | None
    outside: list[str]


class AdverseEvent(Record):
    kind: str
    began_at: datetime
    ended_at: datetime | None
    what: str
    outcome: str


class Observation(Record):
    began_at: datetime
    ended_at: datetime | None
    present: list[str]
    words: str


class Step(BaseModel):
    step: str
    required: bool
    ticked_at: datetime | None
    ticked_by: Named | None


class ListBefore(BaseModel):
    """How a list stood from `made_at` on."""

    made_at: datetime
    made_by: Named
    ticked: list[str]
    reason: str


class Checklist(BaseModel):
    """`id` is null where nobody touched the list yet; `reason` is why it goes on without what is `missing`.

    `before` says how it stood, oldest first.
    """

    id: UUID | None
    steps: list[Step]
    missing: list[str]
    reason: str
    before: list[ListBefore]

    @property
    def settled(self) -> bool:
        return not self.missing or bool(self.reason.strip())


class Range(BaseModel):
    sign: str
    low: int
    high: int | None
    source: str


class DosingDay(BaseModel):
    readiness: Checklist
    vital_signs: list[VitalSigns]
    adverse_events: list[AdverseEvent]
    observation: Observation | None
    observation_before: list[Observation]
    discharge: Checklist
    observation_required: bool
    warnings: list[str]
    ranges: list[Range]

    def standing(self, record: UUID | None) -> VitalSigns | AdverseEvent | None:
        """That reading or event, or what stands in its place by now."""
        records: list[VitalSigns | AdverseEvent] = [*self.vital_signs, *self.adverse_events]
        after = {one.replaces: one for one in records if one.replaces}
        found = next((one for one in records if one.id == record), None)
        while found and (later := after.get(found.id)):
            found = later
        return found
