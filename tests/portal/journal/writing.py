"""Journal entries to send."""

from typing import Any

import httpx
from afterglow_foundation.identifiers import new_id

from tests.portal.arranging import ago

JOURNAL = "/api/portal/journal"


def entry(**changes: Any) -> dict[str, Any]:
    """A body that portal accepts."""
    body = {"text": "The sea was *inside* the room.", "felt_at": ago(minutes=1), "time_zone": "Europe/London"}
    return body | {"visibility": "therapist"} | changes


def edit(base_version: int = 1, **changes: Any) -> dict[str, Any]:
    return entry(version_id=str(new_id()), base_version=base_version, **changes)


def draft(revision: int = 0, **changes: Any) -> dict[str, Any]:
    return {"revision": revision, "text": "Half a sen"} | changes


async def write(http: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    """Write an entry that must be accepted, and return the answer."""
    answer = await http.put(f"{JOURNAL}/{new_id()}", json=entry(**changes))
    assert answer.status_code == 201, answer.text
    stored: dict[str, Any] = answer.json()
    return stored
