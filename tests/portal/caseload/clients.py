"""More clients of one therapist, what they noted some days ago, and their doses."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from afterglow_foundation.callers import Role
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.checkins.history import ImportedCheckIn, import_history
from afterglow_portal.sealing import key_store
from afterglow_portal.settings import Settings

from tests.portal.arranging import assign, introduce
from tests.portal.course.treating import act, begin, give, schedule

CASELOAD_PATH = "/api/portal/caseload"


async def caseload(http: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await http.get(CASELOAD_PATH, params=query)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["items"]
    return rows


async def take_on(database: RolledBackDatabase, therapist: Person, *names: str) -> list[Person]:
    """More clients in the therapist's care."""
    people = [Person(Role.client, name) for name in names]
    async with database.arrange() as session:
        await introduce(session, *people)
        for person in people:
            await assign(session, person, therapist)
    return people


async def noted(
    database: RolledBackDatabase, settings: Settings, client: Person, moods: dict[float, float], **changes: Any
) -> None:
    """Check-ins by how many days ago, as they would have been made then."""
    entries = []
    for days, mood in moods.items():
        at = datetime.now(UTC) - timedelta(days=days)
        values = {"id": new_id(), "mood": mood, "time_zone": "Europe/London", "visibility": "therapist"}
        entries.append(ImportedCheckIn.model_validate({**values, "felt_at": at, "entered_at": at, **changes}))
    await import_history(database, key_store(settings), client.id, entries)


async def dosed(http: httpx.AsyncClient, client: Person, *, days_ago: float, hours_later: float = 0) -> None:
    """A dose, and another part of it where `hours_later` says so."""
    session = await schedule(http, client, await begin(http, client))
    assert (await act(http, client, session, "opening")).is_success
    for hours in {0, hours_later}:
        at = datetime.now(UTC) - timedelta(days=days_ago) + timedelta(hours=hours)
        assert (await give(http, client, session, given_at=at.isoformat())).status_code == 201
    assert (await act(http, client, session, "ending")).is_success
