"""Who sees what is shared now: whoever treats the client, and apart from them whoever stands in, for that time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.copying import upsert
from afterglow_foundation.security_events.facts import GrantFact
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.people.models import Grant
from sqlalchemy import text

from tests.portal.arranging import LONG_AGO, assign

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)


async def told(http: httpx.AsyncClient) -> list[list[dict[str, Any]]]:
    """Who stands in, as the journal's form and the check-in's are told it."""
    rooms = ("/api/portal/journal/sharing", "/api/portal/check-ins/vocabulary")
    return [(await http.get(room)).json()["standing_in"] for room in rooms]


async def grant(database: RolledBackDatabase, client: Person, therapist: Person, **changes: Any) -> None:
    values = {"id": new_id(), "kind": "cover", "starts_at": LONG_AGO, "ends_at": NOW + HOUR, "as_of": LONG_AGO}
    async with database.arrange() as session:
        fact = GrantFact(client_id=client.id, therapist_id=therapist.id, **values | changes)
        await upsert(session, Grant, [fact])


async def test_whoever_stands_in_is_named_apart_from_whoever_treats(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    client_person: Person,
    therapist: Person,
    other_therapist: Person,
    database: RolledBackDatabase,
):
    assert await told(as_client) == [[], []]
    await grant(database, client_person, other_therapist)
    assert await told(as_client) == [[{"id": str(other_therapist.id), "name": other_therapist.name}]] * 2
    sharing = (await as_client.get("/api/portal/journal/sharing")).json()
    assert [one["id"] for one in sharing["therapists"]] == [str(therapist.id)]
    assert (await as_therapist.get("/api/portal/check-ins/vocabulary")).json()["standing_in"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"ends_at": NOW - HOUR},
        {"starts_at": NOW + HOUR, "ends_at": NOW + 2 * HOUR},
        {"kind": "break_glass"},
    ],
)
async def test_what_is_no_cover_now_names_nobody(
    as_client: httpx.AsyncClient,
    client_person: Person,
    other_therapist: Person,
    database: RolledBackDatabase,
    changes: dict[str, Any],
):
    await grant(database, client_person, other_therapist, **changes)
    assert await told(as_client) == [[], []]


async def test_nobody_is_named_twice_or_without_an_account(
    *,
    as_client: httpx.AsyncClient,
    client_person: Person,
    other_client: Person,
    therapist: Person,
    other_therapist: Person,
    database: RolledBackDatabase,
):
    await grant(database, other_client, other_therapist)
    await grant(database, client_person, therapist)
    assert await told(as_client) == [[], []]
    await grant(database, client_person, other_therapist)
    async with database.arrange() as session:
        closed = {"now": NOW, "person": other_therapist.id}
        await session.execute(text("UPDATE people SET disabled_at = :now WHERE id = :person"), closed)
    assert await told(as_client) == [[], []]
    async with database.arrange() as session:
        await session.execute(text("UPDATE people SET disabled_at = NULL"))
        await assign(session, client_person, other_therapist)
    assert await told(as_client) == [[], []]
