"""From bodies to columns and back to answers; words of courses and administrations are sealed and opened here only."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from afterglow_foundation.sealing import DataKey

from afterglow_portal.course.models import (
    Administration,
    AdministrationVersion,
    Course,
    CourseSession,
    CourseVersion,
    GivenColumns,
    PlanColumns,
)
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
CORRECTED = "administration_versions"
CIRCUMSTANCES = ("setting", "present")
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
    told = {*PlanContent.model_fields, "made_by", "edited_by"}
    plain = {name: getattr(row, name) for name in CourseOut.model_fields if name not in told}
    edited_by = named(row.edited_by, names) if row.edited_by else None
    by = {"made_by": named(row.made_by, names), "edited_by": edited_by}
    return CourseOut.model_validate({**plain, **words.model_dump(), **by})


def stood_out(row: CourseVersion, key: DataKey, names: Names) -> CourseOut:
    """A course as a version of it says, for whoever does not read what it says since."""
    words = PlanContent.model_validate_json(version_words(row, key))
    plain = {name: getattr(row, name) for name in PlanColumns.model_fields if name != "content"}
    told = {name: getattr(row, name) for name in ("client_id", "version", "made_at")}
    by = {"made_by": named(row.made_by, names), "edited_at": None, "edited_by": None}
    return CourseOut.model_validate({"id": row.course_id, **plain, **told, **words.model_dump(), **by})


def session_out(
    row: CourseSession, before: list[Before], reasons: Mapping[tuple[UUID, int], str], names: Names
) -> SessionOut:
    """With its earlier versions, oldest first, and the reasons that were given for each."""

    def standing(one: CourseSession | Before, fields: Iterable[str]) -> dict[str, Any]:
        told = {name: getattr(one, name) for name in fields if name not in {"before", "made_by", "reason"}}
        return {**told, "reason": reasons.get((row.id, one.version), "")}

    earlier = [SessionBefore.model_validate(standing(one, SessionBefore.model_fields)) for one in before]
    now = standing(row, SessionOut.model_fields)
    return SessionOut.model_validate({**now, "before": earlier, "made_by": named(row.made_by, names)})


def administration_columns(body: AdministrationBody, row: UUID, key: DataKey) -> dict[str, Any]:
    said = body.model_dump(include=set(AdministrationBody.model_fields))
    words = json.dumps({name: said.pop(name) for name in CIRCUMSTANCES})
    return {
        **said,
        "route": str(body.route),
        "circumstances": key.seal(words, binding(ADMINISTRATION, "circumstances", row, key.owner)),
    }


def circumstances(row: Administration | AdministrationVersion, key: DataKey) -> str:
    table = ADMINISTRATION if isinstance(row, Administration) else CORRECTED
    return key.open(row.circumstances, binding(table, "circumstances", row.id, row.client_id))


def circumstances_before(row: Administration, version: UUID, key: DataKey) -> bytes:
    """The words of a record that is about to be corrected, sealed for the row that keeps them."""
    return key.seal(circumstances(row, key), binding(CORRECTED, "circumstances", version, key.owner))


def given(row: Administration | AdministrationVersion, key: DataKey, names: Names) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in GivenColumns.model_fields if name != "circumstances"},
        **json.loads(circumstances(row, key)),
        "version": row.version,
        "mg_per_kg": per_kilogram(row.dose_mg, row.weight_kg),
        "made_at": row.made_at,
        "made_by": named(row.made_by, names),
    }


def administration_out(
    row: Administration, before: list[AdministrationVersion], key: DataKey, names: Names
) -> AdministrationOut:
    """As it is known now; `before` are the versions that were corrected, oldest first."""
    return AdministrationOut.model_validate(
        {
            **given(row, key, names),
            "id": row.id,
            "session_id": row.session_id,
            "corrected_at": row.corrected_at,
            "corrected_by": named(row.corrected_by, names) if row.corrected_by else None,
            "withdrawn_at": row.withdrawn_at,
            "withdrawn_by": named(row.withdrawn_by, names) if row.withdrawn_by else None,
            "withdrawal_reason": withdrawal_reason(row, key),
            "before": [given(one, key, names) for one in before],
        }
    )


def sealed_reason(reason: str, row: UUID, key: DataKey) -> bytes:
    return key.seal(reason, binding(ADMINISTRATION, "withdrawal", row, key.owner))


def withdrawal_reason(row: Administration, key: DataKey) -> str:
    """Why it was withdrawn; empty where it was not."""
    if row.withdrawal is None:
        return ""
    return key.open(row.withdrawal, binding(ADMINISTRATION, "withdrawal", row.id, row.client_id))


def per_kilogram(dose_mg: float, weight_kg: float | None) -> float | None:
    """Read from dose and recorded weight, never stored; None without a weight."""
    return round(dose_mg / weight_kg, DECIMALS) if weight_kg else None
