"""What tests of preferences send."""

from typing import Any
from uuid import UUID

import httpx
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person

from tests.portal.course.treating import act, begin, of, schedule

PREFERENCES = "/api/portal/preferences"
SAID: dict[str, Any] = {
    "hand": "ask",
    "shoulder": "no",
    "moving": "yes",
    "speaking": "ask",
    "music": None,
    "support_person": "yes",
    "helps": "Somebody humming.",
    "unwanted": "Questions.",
    "expectations": "Less weight.",
}


async def prefer(http: httpx.AsyncClient, version: UUID | None = None, **changes: Any) -> httpx.Response:
    return await http.put(f"{PREFERENCES}/{version or new_id()}", json=SAID | {"base_version": 0} | changes)


async def withdraw(http: httpx.AsyncClient, wish: str, version: UUID | None = None) -> httpx.Response:
    return await http.put(f"{PREFERENCES}/withdrawals/{version or new_id()}", json={"wish": wish})


async def preferences(http: httpx.AsyncClient, client: Person | None = None) -> dict[str, Any]:
    answer = await http.get(PREFERENCES, params=of(client) if client else {})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def opened(http: httpx.AsyncClient, client: Person) -> str:
    """A dosing session that is open."""
    session = await schedule(http, client, await begin(http, client))
    assert (await act(http, client, session, "opening")).is_success
    return session
