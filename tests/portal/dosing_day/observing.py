"""What tests of a dosing day send: a reading, an adverse event, an observation that portal accepts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person

from tests.portal.course.treating import DAYS, of


def earlier(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


def reading(**changes: Any) -> dict[str, Any]:
    body = {"measured_at": earlier(minutes=5), "moment": "baseline", "systolic": 124, "diastolic": 78}
    return {**body, "pulse": 72, "oxygen": 98, **changes}


def adverse(**changes: Any) -> dict[str, Any]:
    body = {"kind": "nausea", "began_at": earlier(minutes=30), "what": "Queasy on standing", "outcome": "Ginger helped"}
    return body | changes


def observed(**changes: Any) -> dict[str, Any]:
    body = {"began_at": earlier(hours=3), "ended_at": earlier(minutes=10), "present": ["therapist", "nurse"]}
    return {**body, "words": "Ines held the bowl", **changes}


async def add(
    http: httpx.AsyncClient, client: Person, session: str, kind: str, body: dict[str, Any], *, record: object = None
) -> httpx.Response:
    return await http.put(f"{DAYS}/{session}/{kind}/{record or new_id()}", params=of(client), json=body)


async def day(http: httpx.AsyncClient, session: str, client: Person | None = None) -> dict[str, Any]:
    answer = await http.get(f"{DAYS}/{session}", params=of(client) if client else {})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
