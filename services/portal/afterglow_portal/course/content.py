"""From bodies to columns and back to answers; words of courses and administrations are sealed and opened here only."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from afterglow_foundation.sealing import DataKey

from afterglow_portal.course.models import Administration, Course, CourseSession, CourseVersion, PlanColumns
from afterglow_portal.course.models import SessionVersion as Before
from afterglow_portal.course.schemas import (
    DECIMALS,
    AdministrationBody,
    AdministrationOut,
    CourseBody,
    CourseOut,
    PlanContent,
    SessionBefore,
    SessionOut,
)
from afterglow_portal.journal.content import binding
from afterglow_portal.people.schemas import Named

COURSE, VERSION, ADMINISTRATION = "courses", "course_versions", "administrations"
Names = Mapping[UUID, str]


def plan_columns(body: CourseBody, course_id: UUID, key: DataKey) -> dict[str, Any]:
    """The columns of a current row that a body fills."""
    words = PlanContent.model_validate(body.model_dump(include=set(PlanContent.model_fields)))
    plain = {name: getattr(body, name) for name in PlanColumns.model_fields if name not in {"content", "items"}}
    sealed = key.seal(words.model_dump_json(), binding(COURSE, "content", course_id, key.owner))
    return {**plain, "items": list(body.items), "content": sealed}


def plan_words(course: Course, key: DataKey) -> str:
    return key.open(course.content, binding(COURSE, "content", course.id, course.client_id))


def sealed_version(words: str, row: UUID, key: DataKey) -> bytes:
    return key.seal(words, binding(VERSION, "content", row, key.owner))


def version_words(version: CourseVersion, key: DataKey) -> str:
    return key.open(version.content, binding(VERSION, "content", version.id, version.client_id))


def named(person: UUID, names: Names) -> Named:
    return Named(id=person, name=names.get(person, ""))


def course_out(row: Course, key: DataKey, names: Names) -> CourseOut:
    """A row as its readers see it. Raises SealBrokenError when its words do not open."""
    words = PlanContent.model_validate_json(plan_words(row, key))
    told = {*PlanContent.model_fields, "made_by"}
    plain = {name: getattr(row, name) for name in CourseOut.model_fields if name not in told}
    return CourseOut.model_validate({**plain, **words.model_dump(), "made_by": named(row.made_by, names)})


def session_out(row: CourseSession, before: list[Before], names: Names) -> SessionOut:
    told = {"before", "made_by"}
    plain = {name: getattr(row, name) for name in SessionOut.model_fields if name not in told}
    earlier = [SessionBefore.model_validate(one, from_attributes=True) for one in before]
    return SessionOut.model_validate({**plain, "before": earlier, "made_by": named(row.made_by, names)})


def administration_columns(body: AdministrationBody, row: UUID, key: DataKey) -> dict[str, Any]:
    words = json.dumps({"setting": body.setting, "present": body.present})
    plain = body.model_dump(exclude={"setting", "present"})
    return {
        **plain,
        "route": str(body.route),
        "circumstances": key.seal(words, binding(ADMINISTRATION, "circumstances", row, key.owner)),
    }


def administration_out(row: Administration, key: DataKey, names: Names) -> AdministrationOut:
    words = json.loads(key.open(row.circumstances, binding(ADMINISTRATION, "circumstances", row.id, row.client_id)))
    told = {"setting", "present", "mg_per_kg", "made_by"}
    plain = {name: getattr(row, name) for name in AdministrationOut.model_fields if name not in told}
    return AdministrationOut.model_validate(
        {
            **plain,
            **words,
            "mg_per_kg": per_kilogram(row.dose_mg, row.weight_kg),
            "made_by": named(row.made_by, names),
        }
    )


def per_kilogram(dose_mg: float, weight_kg: float | None) -> float | None:
    """Read from dose and recorded weight, never stored; None without a weight."""
    return round(dose_mg / weight_kg, DECIMALS) if weight_kg else None
