"""What tests of long-term questions send."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person

from tests.portal.course.treating import of

CHECKS = "/api/portal/long-term-checks"
ANSWERS: dict[str, Any] = {
    "bladder": "some",
    "craving": "none",
    "cognition": None,
    "systolic": 142,
    "diastolic": 88,
    "words": "Twice at night.",
}


def day(ago: int = 0) -> str:
    return (datetime.now(UTC) - timedelta(days=ago)).date().isoformat()


async def watch(http: httpx.AsyncClient, client: Person, check: UUID | None = None, **changes: Any) -> httpx.Response:
    body = {"asked_on": day(1)} | ANSWERS | changes
    return await http.put(f"{CHECKS}/{check or new_id()}", params=of(client), json=body)


async def watched(http: httpx.AsyncClient, client: Person | None = None) -> dict[str, Any]:
    answer = await http.get(CHECKS, params=of(client) if client else {})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
