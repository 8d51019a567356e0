"""The forms of a course: from what was typed to the bodies that portal takes. What makes sense is portal's to say."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from afterglow_foundation.identifiers import new_id
from starlette.requests import Request

from afterglow_web.course.records import Administration, Course, Session
from afterglow_web.course.wording import CONTRAINDICATIONS
from afterglow_web.journal.forms import number, wall_clock
from afterglow_web.typed import showable

Values = dict[str, str]
LINES = ("goals", "conditions", "medicines", "allergies")
TREATMENT, OUTCOME, FOUND, ITEM = "treatment-", "outcome-", "found-", "item-"
EMPTY_ROWS, MOST_ROWS = 3, 30


async def typed(request: Request) -> Values:
    """The posted fields, as text that can be shown again."""
    return {name: showable(value) for name, value in (await request.form()).items() if isinstance(value, str)}


def new_plan(today: datetime) -> Values:
    return {"id": str(new_id()), "base_version": "0", "started_on": str(today.date())}


def plan_values(course: Course) -> Values:
    """What the plan says now, to be changed under a new id."""
    rows = {f"{TREATMENT}{place}": one.treatment for place, one in enumerate(course.previous_treatments)}
    rows |= {f"{OUTCOME}{place}": one.outcome for place, one in enumerate(course.previous_treatments)}
    listed = {f"{FOUND}{one}": "yes" for one in course.contraindications if one in CONTRAINDICATIONS}
    others = [one for one in course.contraindications if one not in CONTRAINDICATIONS]
    return {
        "id": str(course.id),
        "version_id": str(new_id()),
        "base_version": str(course.version),
        "problem": course.problem,
        **{name: "\n".join(getattr(course, name)) for name in LINES},
        **rows,
        **listed,
        "others": "\n".join(others),
        **{f"{ITEM}{one}": "yes" for one in course.items},
        "planned_doses": str(course.planned_doses or ""),
        "spacing_days": str(course.spacing_days or ""),
        "started_on": str(course.started_on),
        "ended_on": str(course.ended_on or ""),
    }


def plan_body(values: Values) -> dict[str, Any]:
    body: dict[str, Any] = {
        "problem": text(values, "problem"),
        **{name: lines(values, name) for name in LINES},
        "previous_treatments": [
            {"treatment": values.get(f"{TREATMENT}{row}", "").strip(), "outcome": text(values, f"{OUTCOME}{row}")}
            for row in used_rows(values)
        ],
        "contraindications": [*ticked(values, FOUND), *lines(values, "others")],
        "items": ticked(values, ITEM),
        "planned_doses": whole(values, "planned_doses"),
        "spacing_days": whole(values, "spacing_days"),
        "started_on": values.get("started_on", "").strip() or None,
        "ended_on": values.get("ended_on", "").strip() or None,
    }
    if number(values.get("base_version", "")):
        body |= {"version_id": values.get("version_id", ""), "base_version": number(values["base_version"])}
    return body


def used_rows(values: Mapping[str, str]) -> list[int]:
    """Which rows of earlier treatments say something."""
    return [
        row
        for row in range(MOST_ROWS)
        if values.get(f"{TREATMENT}{row}", "").strip() or values.get(f"{OUTCOME}{row}", "").strip()
    ]


def shown_rows(values: Mapping[str, str]) -> range:
    """Those, and some to write in."""
    return range(min(max(used_rows(values), default=-1) + 1 + EMPTY_ROWS, MOST_ROWS))


def session_values(session: Session) -> Values:
    """When and what a session is, to be changed under a new id."""
    return {
        "id": str(new_id()),
        "base_version": str(session.version),
        "kind": session.kind,
        "planned_at": wall_clock(session.planned_at, session.time_zone),
        "time_zone": session.time_zone,
        "thread": str(session.thread or ""),
    }


def session_body(values: Values) -> dict[str, Any]:
    body: dict[str, Any] = {
        "kind": values.get("kind", ""),
        "planned_at": instant(values, "planned_at"),
        "time_zone": values.get("time_zone", ""),
        "thread": values.get("thread") or None,
    }
    if number(values.get("base_version", "")):
        body |= {"change_id": values.get("id", ""), "base_version": number(values["base_version"])}
    return body


def dose_values(zone: str, now: datetime | None, before: Administration | None) -> Values:
    """What is the same as the last time; never how much, and no weight that nobody measured. `now` if it is now."""
    alike = before.model_dump(include={"medicine", "route", "setting", "present"}) if before else {}
    return {"id": str(new_id()), "time_zone": zone, "given_at": wall_clock(now, zone) if now else "", **alike}


def dose_body(values: Values) -> dict[str, Any]:
    return {
        "given_at": instant(values, "given_at"),
        "time_zone": values.get("time_zone", ""),
        "route": values.get("route", ""),
        "medicine": values.get("medicine", "").strip(),
        "dose_mg": decimal(values, "dose_mg"),
        "weight_kg": decimal(values, "weight_kg"),
        "setting": text(values, "setting"),
        "present": text(values, "present"),
    }


def text(values: Values, name: str) -> str:
    return values.get(name, "").strip().replace("\r\n", "\n")


def lines(values: Values, name: str) -> list[str]:
    return [line.strip() for line in values.get(name, "").splitlines() if line.strip()]


def ticked(values: Values, kind: str) -> list[str]:
    return [name.removeprefix(kind) for name in values if name.startswith(kind)]


def whole(values: Values, name: str) -> int | str | None:
    """A whole number; what is none goes on as it was typed, and portal names the field."""
    said = values.get(name, "").strip()
    return int(said) if re.fullmatch(r"\d{1,9}", said, re.ASCII) else said or None


def decimal(values: Values, name: str) -> float | str | None:
    """A number with a point or a comma, likewise."""
    said = values.get(name, "").strip()
    return float(said.replace(",", ".")) if re.fullmatch(r"\d{1,9}([.,]\d{1,9})?", said, re.ASCII) else said or None


def instant(values: Values, name: str) -> str:
    """A time on the wall clock of the form's zone; what is none, or an hour that a clock skips, goes on as typed."""
    said = values.get(name, "")
    try:
        zone = ZoneInfo(values.get("time_zone", ""))
        local = datetime.fromisoformat(said).replace(tzinfo=zone)
        there = local.astimezone(UTC)
        return there.isoformat() if there.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None) else said
    except (ValueError, OverflowError, OSError):  # OSError: a zone that is named like a folder
        return said
