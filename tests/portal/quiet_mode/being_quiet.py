"""What tests of quiet mode ask."""

from typing import Any

import httpx

QUIET = "/api/portal/quiet-mode"


async def quiet(http: httpx.AsyncClient) -> dict[str, Any] | None:
    """The session in which it is quiet now."""
    answer = await http.get(QUIET)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] | None = answer.json()["session"]
    return found


async def leave(http: httpx.AsyncClient, session: str) -> httpx.Response:
    return await http.put(f"{QUIET}/{session}/leaving")


async def leave_quiet_mode(http: httpx.AsyncClient) -> None:
    found = await quiet(http)
    assert found
    assert (await leave(http, found["id"])).status_code == 201
