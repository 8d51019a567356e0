"""What tests of tasks send: a dose some days ago, a task for the days after it, that it was done."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person

from tests.portal.course.treating import act, begin, give, of, schedule

TASKS = "/api/portal/tasks"
LONDON = ZoneInfo("Europe/London")  # where the tests' clients live


def days_ago(days: int) -> date:
    return datetime.now(LONDON).date() - timedelta(days=days)


def noon(day: date) -> str:
    return datetime.combine(day, time(12), LONDON).isoformat()


def a_task(session: str, **changes: Any) -> dict[str, Any]:
    body = {"session_id": session, "title": "Stand at the window for a song", "minutes": 10, "days": 4}
    return body | {"how": "The one with the rain in it."} | changes


async def dosed(http: httpx.AsyncClient, client: Person, days: int = 2, course: str | None = None, **said: Any) -> str:
    """A dosing session with a dose at noon, so many days ago."""
    session = await schedule(http, client, course or await begin(http, client))
    assert (await act(http, client, session, "opening")).is_success
    assert (await give(http, client, session, given_at=noon(days_ago(days)), **said)).status_code == 201
    return session


async def assign(
    http: httpx.AsyncClient, client: Person, session: str, task: UUID | str | None = None, **changes: Any
) -> httpx.Response:
    return await http.put(f"{TASKS}/{task or new_id()}", params=of(client), json=a_task(session, **changes))


MADE_EARLIER = "UPDATE integration_tasks SET made_at = made_at - interval '20 days'"


async def assigned(http: httpx.AsyncClient, client: Person, session: str, **changes: Any) -> str:
    """A task that must be accepted; its id."""
    task = str(new_id())
    answer = await assign(http, client, session, task, **changes)
    assert answer.status_code == 201, answer.text
    return task


async def mark(
    http: httpx.AsyncClient, task: str, day: date, made: UUID | None = None, **changes: Any
) -> httpx.Response:
    return await http.put(f"{TASKS}/{task}/marks/{made or new_id()}", json={"done_on": str(day)} | changes)


async def tasks(http: httpx.AsyncClient, client: Person | None = None) -> list[dict[str, Any]]:
    answer = await http.get(TASKS, params=of(client) if client else {})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found
