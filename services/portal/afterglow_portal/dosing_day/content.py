"""From bodies to columns and back to answers; words of the day are sealed and opened here only."""

import json
from typing import Any
from uuid import UUID

from afterglow_foundation.sealing import Binding, DataKey

from afterglow_portal.course.content import Names, named
from afterglow_portal.dosing_day.models import AdverseEvent, Checklist, Observation, RecordColumns, VitalSigns
from afterglow_portal.dosing_day.ranges import outside
from afterglow_portal.dosing_day.schemas import (
    AdverseEventBody,
    AdverseEventOut,
    ChecklistOut,
    DischargeBody,
    ListBefore,
    ObservationBody,
    ObservationOut,
    ReadinessBody,
    RecordBody,
    StepOut,
    VitalSignsBody,
    VitalSignsOut,
)
from afterglow_portal.dosing_day.steps import OPTIONAL, STEPS, List, missing
from afterglow_portal.journal.content import binding

TABLES: dict[type[RecordBody], type[RecordColumns]] = {
    VitalSignsBody: VitalSigns,
    AdverseEventBody: AdverseEvent,
    ObservationBody: Observation,
    ReadinessBody: Checklist,
    DischargeBody: Checklist,
}
LISTS: dict[type[RecordBody], List] = {ReadinessBody: List.readiness, DischargeBody: List.discharge}
SEALED: dict[type[RecordColumns], tuple[str, ...]] = {
    AdverseEvent: ("what", "outcome"),
    Observation: ("words",),
    Checklist: ("reason",),
}


def columns_of(body: RecordBody, row: UUID, key: DataKey) -> dict[str, Any]:
    """The columns of the body's table, its words sealed for this row."""
    table = TABLES[type(body)]
    said = body.model_dump(mode="python")
    if which := LISTS.get(type(body)):
        said |= {"kind": which.value, "reasoned": bool(said["reason"].strip())}
    if names := SEALED.get(table):
        words = json.dumps({name: said.pop(name) for name in names})
        said["words"] = key.seal(words, bound(table, row, key.owner))
    return {name: as_text(value) for name, value in said.items()}


def as_text(value: object) -> object:
    """Columns take text, not the words of an enumeration."""
    if isinstance(value, tuple):
        return [str(one) for one in value]
    return str(value) if isinstance(value, str) else value


def bound(table: type[RecordColumns], row: UUID, owner: UUID) -> Binding:
    return binding(str(table.__tablename__), "words", row, owner)


def words_of(row: AdverseEvent | Observation | Checklist, key: DataKey) -> dict[str, str]:
    """Raises SealBrokenError where they do not open."""
    words: dict[str, str] = json.loads(key.open(row.words, bound(type(row), row.id, row.client_id)))
    return words


def record_values(row: RecordColumns, replaced: bool, names: Names) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in type(row).model_fields}
    return {**values, "replaced": replaced, "made_by": named(row.made_by, names)}


def vital_signs_out(row: VitalSigns, replaced: bool, names: Names) -> VitalSignsOut:
    return VitalSignsOut.model_validate({**record_values(row, replaced, names), "outside": list(outside(row))})


def adverse_event_out(row: AdverseEvent, replaced: bool, key: DataKey, names: Names) -> AdverseEventOut:
    return AdverseEventOut.model_validate({**record_values(row, replaced, names), **words_of(row, key)})


def observation_out(row: Observation, replaced: bool, key: DataKey, names: Names) -> ObservationOut:
    return ObservationOut.model_validate({**record_values(row, replaced, names), **words_of(row, key)})


def checklist_out(which: List, rows: list[Checklist], key: DataKey, names: Names) -> ChecklistOut:
    """`rows` are all of that list's, oldest first: a step counts as ticked since it was, and has stayed so."""
    last = rows[-1] if rows else None
    steps = [step_out(step, rows, names) for step in STEPS[which]]
    return ChecklistOut(
        id=last.id if last else None,
        steps=steps,
        missing=missing(which, last.steps if last else ()),
        reason=words_of(last, key)["reason"] if last else "",
        before=[list_before(row, key, names) for row in rows[:-1]],
    )


def list_before(row: Checklist, key: DataKey, names: Names) -> ListBefore:
    return ListBefore(
        made_at=row.made_at, made_by=named(row.made_by, names), ticked=row.steps, reason=words_of(row, key)["reason"]
    )


def step_out(step: str, rows: list[Checklist], names: Names) -> StepOut:
    since: Checklist | None = None
    for row in reversed(rows):
        if step not in row.steps:
            break
        since = row
    return StepOut(
        step=step,
        required=step not in OPTIONAL,
        ticked_at=since.made_at if since else None,
        ticked_by=named(since.made_by, names) if since else None,
    )
