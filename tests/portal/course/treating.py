"""What tests of the course send: a plan, a session, an administration that portal accepts."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person
from afterglow_portal.dosing_day.steps import Readiness
from sqlalchemy import text

COURSES = "/api/portal/courses"
DAYS = "/api/portal/dosing-days"
OPEN_FOR_LONG = text("UPDATE course_sessions SET opened_at = now() - interval '13 h' WHERE state = 'open'")


def of(client: Person | UUID) -> dict[str, str]:
    return {"client": str(client.id if isinstance(client, Person) else client)}


def plan(**changes: Any) -> dict[str, Any]:
    body = {
        "problem": "I cannot get up in the morning.",
        "conditions": ["Depression"],
        "previous_treatments": [{"treatment": "Sertraline 100 mg", "outcome": "Helped for a while"}],
        "goals": ["To take the children to school myself"],
        "items": ["hope"],
        "planned_doses": 6,
        "spacing_days": 3,
        "started_on": "2026-03-02",
    }
    return body | changes


def a_session(**changes: Any) -> dict[str, Any]:
    later = datetime.now(UTC) + timedelta(days=2)
    return {"kind": "dosing", "planned_at": later.isoformat(), "time_zone": "Europe/London"} | changes


def dose(**changes: Any) -> dict[str, Any]:
    body = {
        "given_at": datetime.now(UTC).isoformat(),
        "time_zone": "Europe/London",
        "route": "im",
        "medicine": "Ketamine",
        "dose_mg": 60,
        "weight_kg": 75,
        "setting": "Room 2, with music",
        "present": "Dr Falk",
    }
    return body | changes


def correction(**changes: Any) -> dict[str, Any]:
    """Of the first version; it was less."""
    return dose(dose_mg=45) | {"correction_id": str(new_id()), "base_version": 1} | changes


async def begin(http: httpx.AsyncClient, client: Person, **changes: Any) -> str:
    """Begin a course that must be accepted, and return its id."""
    course = str(new_id())
    answer = await http.put(f"{COURSES}/{course}", params=of(client), json=plan(**changes))
    assert answer.status_code == 201, answer.text
    return course


async def schedule(http: httpx.AsyncClient, client: Person, course: str, **changes: Any) -> str:
    session = str(new_id())
    path = f"{COURSES}/{course}/sessions/{session}"
    answer = await http.put(path, params=of(client), json=a_session(**changes))
    assert answer.status_code == 201, answer.text
    return session


async def ready(http: httpx.AsyncClient, client: Person, session: str) -> httpx.Response:
    """Tick every step before a dose."""
    path = f"{DAYS}/{session}/readiness/{new_id()}"
    return await http.put(path, params=of(client), json={"steps": list(Readiness)})


async def act(http: httpx.AsyncClient, client: Person, session: str, what: str) -> httpx.Response:
    """`what` is opening, ending or cancellation. Before an opening every step of the readiness list is ticked."""
    if what == "opening":
        await ready(http, client, session)
    return await http.put(f"{COURSES}/sessions/{session}/{what}", params=of(client))


async def give(
    http: httpx.AsyncClient, client: Person, session: str, given: UUID | None = None, **changes: Any
) -> httpx.Response:
    path = f"{COURSES}/sessions/{session}/administrations/{given or new_id()}"
    return await http.put(path, params=of(client), json=dose(**changes))


async def correct(
    http: httpx.AsyncClient, client: Person, session: str, given: UUID | str, **changes: Any
) -> httpx.Response:
    path = f"{COURSES}/sessions/{session}/administrations/{given}/corrections"
    return await http.post(path, params=of(client), json=correction(**changes))


async def withdraw(
    http: httpx.AsyncClient, client: Person, session: str, given: UUID | str, **body: Any
) -> httpx.Response:
    path = f"{COURSES}/sessions/{session}/administrations/{given}/withdrawal"
    return await http.put(path, params=of(client), json={"reason": "It was recorded for somebody else.", **body})


async def courses(http: httpx.AsyncClient, client: Person | None = None) -> list[dict[str, Any]]:
    answer = await http.get(COURSES, params=of(client) if client else {})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found
