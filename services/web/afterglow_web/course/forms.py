"""The forms of a course: from what was typed to the bodies that portal takes. What makes sense is portal's to say."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from afterglow_foundation.identifiers import new_id
from starlette.requests import Request

from afterglow_web.course.records import Administration, Course, Session
from afterglow_web.course.wording import as_asked
from afterglow_web.journal.forms import number, wall_clock
from afterglow_web.typed import showable

Values = dict[str, str]
LINES = ("goals", "conditions", "medicines", "allergies")
TREATMENT, OUTCOME, ASKED, FOUND, ITEM = "treatment-", "outcome-", "asked-", "found-", "item-"
WATCH_ENERGY = "watch_energy"
EMPTY_ROWS, MOST_ROWS = 3, 30
STORED = "_stored"
FAR = timedelta(hours=12)


async def typed(request: Request) -> Values:
    """The posted fields, as text that can be shown again."""
    return {name: showable(value) for name, value in (await request.form()).items() if isinstance(value, str)}


def new_plan(today: datetime, listed: Sequence[str]) -> Values:
    """Nothing yet; `listed` is what the practice asks about."""
    values = {"id": str(new_id()), "base_version": "0", "started_on": str(today.date())}
    return values | asked_values(listed, ())


def asked_values(asked: Sequence[str], found: Collection[str]) -> Values:
    """The list as it stands in the form: each by its number, its words as they are kept, ticked if it was found."""
    words = {f"{ASKED}{number}": str(one) for number, one in enumerate(asked)}
    return words | {f"{FOUND}{number}": "yes" for number, one in enumerate(asked) if one in found}


def asked_in(values: Values) -> list[str]:
    return [values[f"{ASKED}{number}"] for number in range(MOST_ROWS) if f"{ASKED}{number}" in values]


def plan_values(course: Course, listed: Sequence[str], *, anew: bool = False) -> Values:
    """What the plan says now, to be changed under a new id.

    Its list of contraindications is the one that was asked; `anew`, and where none was kept, the practice's of today.
    """
    rows = {f"{TREATMENT}{place}": one.treatment for place, one in enumerate(course.previous_treatments)}
    rows |= {f"{OUTCOME}{place}": one.outcome for place, one in enumerate(course.previous_treatments)}
    asked = [*(listed if anew else course.contraindications_asked or listed)]
    found = [as_asked(one) for one in course.contraindications]
    others = [one for one in found if one not in asked]
    return {
        "id": str(course.id),
        "version_id": str(new_id()),
        "base_version": str(course.version),
        "problem": course.problem,
        **{name: "\n".join(getattr(course, name)) for name in LINES},
        **rows,
        **asked_values(asked, found),
        "others": "\n".join(others),
        **{f"{ITEM}{one}": "yes" for one in course.items},
        **({WATCH_ENERGY: "yes"} if course.watch_energy else {}),
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
        "contraindications_asked": asked_in(values),
        "contraindications": [*found_in(values), *lines(values, "others")],
        "items": ticked(values, ITEM),
        WATCH_ENERGY: WATCH_ENERGY in values,
        "planned_doses": whole(values, "planned_doses"),
        "spacing_days": whole(values, "spacing_days"),
        "started_on": values.get("started_on", "").strip() or None,
        "ended_on": values.get("ended_on", "").strip() or None,
    }
    if number(values.get("base_version", "")):
        body |= {"version_id": values.get("version_id", ""), "base_version": number(values["base_version"])}
    return body


def found_in(values: Values) -> list[str]:
    """What was ticked, word by word as it was asked."""
    return [one for number, one in enumerate(asked_in(values)) if f"{FOUND}{number}" in values]


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
        body["reason"] = text(values, "reason")
    return body


def dose_values(zone: str, now: datetime | None, before: Administration | None, session: Session) -> Values:
    """What is the same as the last time; never how much, and no weight that nobody measured. `now` if it is now."""
    alike = before.model_dump(include={"medicine", "route", "setting", "present"}) if before else {}
    begun = {"id": str(new_id()), "time_zone": zone, "session_times": session_times(session)}
    return {**begun, "given_at": wall_clock(now, zone) if now else "", **alike}


def correction_values(given: Administration, session: Session) -> Values:
    """What the record says, to be corrected under a new id."""
    return {
        f"given_at{STORED}": given.given_at.isoformat(),
        "session_times": session_times(session),
        "id": str(new_id()),
        "base_version": str(given.version),
        "time_zone": given.time_zone,
        "given_at": wall_clock(given.given_at, given.time_zone),
        "medicine": given.medicine,
        "route": given.route,
        "dose_mg": typed_number(given.dose_mg),
        "weight_kg": typed_number(given.weight_kg),
        "setting": given.setting,
        "present": given.present,
    }


def correction_body(values: Values) -> dict[str, Any]:
    made_from = {"correction_id": values.get("id", ""), "base_version": whole(values, "base_version")}
    return dose_body(values) | made_from


def typed_number(value: float | None) -> str:
    """As somebody would type it."""
    return "" if value is None else f"{value:g}"


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
    """A time on the wall clock of the form's zone; what is none, or an hour that a clock skips, goes on as typed.

    A field that still says what is stored means that very instant: fields hold minutes, and an hour may come twice.
    """
    said, kept = values.get(name, ""), aware(values.get(f"{name}{STORED}", ""))
    try:
        zone = ZoneInfo(values.get("time_zone", ""))
        if kept and wall_clock(kept, zone.key) == said:
            return kept.isoformat()
        local = datetime.fromisoformat(said).replace(tzinfo=zone)
        there = local.astimezone(UTC)
        return there.isoformat() if there.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None) else said
    except (ValueError, OverflowError, OSError, KeyError):  # of zones: OSError for a folder's name, KeyError for none
        return said


def aware(said: str) -> datetime | None:
    """An instant that a form was given; None for what is none."""
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return None
    return found if found.tzinfo else None


def session_times(session: Session) -> str:
    """When a session was planned for, opened and ended, for `is_far`."""
    times = (session.planned_at, session.opened_at, session.ended_at)
    return " ".join(at.isoformat() for at in times if at)


def is_far(values: Values) -> bool:
    """Whether a dose was given at quite another time than its session: a slip of the day, or a postponed session."""
    at = instant(values, "given_at")
    given = aware(at) if at != values.get("given_at") else None  # what portal will not read is portal's to name
    times = [one for said in values.get("session_times", "").split() if (one := aware(said))]
    return given is not None and bool(times) and all(abs(given - one) > FAR for one in times)
