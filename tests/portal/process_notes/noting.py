"""What tests of process notes send."""

from typing import Any

import httpx
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person

from tests.portal.course.treating import of

NOTES = "/api/portal/process-notes"
THOUGHT = "He stops where his father would have spoken. I noticed that I hurried."


async def write(http: httpx.AsyncClient, client: Person, note: str | None = None, **body: Any) -> httpx.Response:
    return await http.put(f"{NOTES}/{note or new_id()}", params=of(client), json={"text": THOUGHT, **body})


async def note(http: httpx.AsyncClient, client: Person, **body: Any) -> str:
    """A note that must be accepted; its id."""
    made = str(new_id())
    answer = await write(http, client, made, **body)
    assert answer.status_code == 201, answer.text
    return made


async def edit(http: httpx.AsyncClient, client: Person, note: str, **body: Any) -> httpx.Response:
    change = {"version_id": str(new_id()), "base_version": 1, "text": "Shorter.", **body}
    return await http.post(f"{NOTES}/{note}/versions", params=of(client), json=change)


async def read(http: httpx.AsyncClient, client: Person, path: str = "", **params: Any) -> httpx.Response:
    return await http.get(f"{NOTES}{path}", params={**of(client), **params})


async def erase(http: httpx.AsyncClient, client: Person, note: str) -> httpx.Response:
    return await http.delete(f"{NOTES}/{note}", params=of(client))
