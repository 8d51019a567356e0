"""What tests of summaries send."""

from typing import Any

import httpx
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person

from tests.portal.course.treating import act, begin, of, schedule

SUMMARIES = "/api/portal/summaries"
SAID = "We spoke about the door, and what it would be to leave it open."


async def held(http: httpx.AsyncClient, client: Person) -> str:
    """A session that is open."""
    session = await schedule(http, client, await begin(http, client), kind="integration")
    assert (await act(http, client, session, "opening")).status_code == 200
    return session


async def write(
    http: httpx.AsyncClient, client: Person, session: str, summary: str | None = None, **body: Any
) -> httpx.Response:
    path = f"{SUMMARIES}/{summary or new_id()}"
    return await http.put(path, params=of(client), json={"session_id": session, "text": SAID, **body})


async def written(http: httpx.AsyncClient, client: Person, **body: Any) -> str:
    """A summary that must be accepted; its id."""
    summary = str(new_id())
    answer = await write(http, client, await held(http, client), summary, **body)
    assert answer.status_code == 201, answer.text
    return summary


async def edit(http: httpx.AsyncClient, client: Person, summary: str, **body: Any) -> httpx.Response:
    edit = {"version_id": str(new_id()), "base_version": 1, "text": SAID, **body}
    return await http.post(f"{SUMMARIES}/{summary}/versions", params=of(client), json=edit)
