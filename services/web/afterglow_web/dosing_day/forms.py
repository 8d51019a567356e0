"""The forms of a dosing day: from records to fields, and from what was typed to the bodies that portal takes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from afterglow_foundation.identifiers import new_id

from afterglow_web.course.forms import STORED, Values, instant, text, ticked, whole
from afterglow_web.dosing_day.records import AdverseEvent, Checklist, DosingDay, VitalSigns
from afterglow_web.journal.forms import wall_clock

STEP, PRESENT = "step-", "present-"
SIGNS = ("systolic", "diastolic", "pulse", "oxygen")
Begun = Callable[[DosingDay, "Clock", UUID | None], Values]


@dataclass(frozen=True, slots=True)
class Clock:
    """The client's zone, and the hour now where the session is open: afterwards no hour is guessed."""

    zone: str
    now: datetime | None

    def time(self, at: datetime | None) -> str:
        return wall_clock(at, self.zone) if at else ""


def stored(**times: datetime | None) -> Values:
    """The instants that a record has, beside its fields, which hold minutes only."""
    return {f"{name}{STORED}": at.isoformat() for name, at in times.items() if at}


def vital_signs_values(day: DosingDay, clock: Clock, record: UUID | None) -> Values:
    before = day.standing(record)
    if not isinstance(before, VitalSigns):
        return {"measured_at": clock.time(clock.now)}
    signs = {sign: str(getattr(before, sign) or "") for sign in SIGNS}
    return {
        "replaces": str(before.id),
        "measured_at": clock.time(before.measured_at),
        "moment": before.moment,
        **stored(measured_at=before.measured_at),
        **signs,
    }


def vital_signs_body(values: Values) -> dict[str, Any]:
    signs = {sign: whole(values, sign) for sign in SIGNS}
    return {"measured_at": instant(values, "measured_at"), "moment": values.get("moment", ""), **signs}


def adverse_event_values(day: DosingDay, clock: Clock, record: UUID | None) -> Values:
    before = day.standing(record)
    if not isinstance(before, AdverseEvent):
        return {"began_at": clock.time(clock.now)}
    return {
        "replaces": str(before.id),
        "kind": before.kind,
        "began_at": clock.time(before.began_at),
        "ended_at": clock.time(before.ended_at),
        **stored(began_at=before.began_at, ended_at=before.ended_at),
        "words": before.what,
        "outcome": before.outcome,
    }


def adverse_event_body(values: Values) -> dict[str, Any]:
    said = {"kind": values.get("kind", ""), "what": text(values, "words"), "outcome": text(values, "outcome")}
    return said | times(values)


def observation_values(day: DosingDay, clock: Clock, _record: UUID | None) -> Values:
    before = day.observation
    if before is None:
        return {"began_at": clock.time(clock.now)}
    return {
        "replaces": str(before.id),
        "began_at": clock.time(before.began_at),
        "ended_at": clock.time(before.ended_at),
        **stored(began_at=before.began_at, ended_at=before.ended_at),
        "words": before.words,
        **{f"{PRESENT}{one}": "yes" for one in before.present},
    }


def observation_body(values: Values) -> dict[str, Any]:
    return {"present": ticked(values, PRESENT), "words": text(values, "words")} | times(values)


def times(values: Values) -> dict[str, Any]:
    ended_at = instant(values, "ended_at") if values.get("ended_at", "").strip() else None
    return {"began_at": instant(values, "began_at"), "ended_at": ended_at}


def readiness_values(day: DosingDay, _clock: Clock, _record: UUID | None) -> Values:
    return list_values(day.readiness)


def discharge_values(day: DosingDay, _clock: Clock, _record: UUID | None) -> Values:
    return list_values(day.discharge)


def list_values(before: Checklist) -> Values:
    """Without the reason: it was written for the steps that were missing then, and for others it is written anew."""
    steps = {f"{STEP}{one.step}": "yes" for one in before.steps if one.ticked_at}
    return steps | {"replaces": str(before.id or ""), "reason_before": before.reason}


def list_body(values: Values) -> dict[str, Any]:
    return {"steps": ticked(values, STEP), "reason": text(values, "words")}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One form: portal's name for its records, what it begins with, and what it sends."""

    records: str
    begun: Begun
    body: Callable[[Values], dict[str, Any]]

    def values(self, day: DosingDay, clock: Clock, record: UUID | None) -> Values:
        return {"id": str(new_id()), "time_zone": clock.zone, **self.begun(day, clock, record)}

    def sent(self, values: Values) -> dict[str, Any]:
        return self.body(values) | {"replaces": values.get("replaces") or None}


SHEETS = {
    "readiness": Sheet("readiness", readiness_values, list_body),
    "vital-signs": Sheet("vital-signs", vital_signs_values, vital_signs_body),
    "adverse-event": Sheet("adverse-events", adverse_event_values, adverse_event_body),
    "observation": Sheet("observations", observation_values, observation_body),
    "discharge": Sheet("discharge", discharge_values, list_body),
}
