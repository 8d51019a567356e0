"""Cover: whoever stands in reads what is shared, from its beginning to its end, and not an hour longer."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.copying import upsert
from afterglow_foundation.security_events.facts import GrantFact
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.people.models import Grant

from tests.portal.arranging import put
from tests.portal.conftest import Open

HOUR = timedelta(hours=1)


class Parties(NamedTuple):
    """The client in somebody's care, and who stands in for that one."""

    database: RolledBackDatabase
    client: Person
    covered: Person
    covering: Person


@pytest.fixture
def parties(database: RolledBackDatabase, client_person: Person, therapist: Person, other_therapist: Person) -> Parties:
    return Parties(database, client_person, therapist, other_therapist)


async def cover(
    database: RolledBackDatabase, client: Person, covering: Person, starts: timedelta, ends: timedelta, **changes: Any
) -> None:
    now = datetime.now(UTC)
    fact = GrantFact(
        **({"id": new_id(), "kind": "cover"} | changes),
        client_id=client.id,
        therapist_id=covering.id,
        starts_at=now + starts,
        ends_at=now + ends,
        as_of=now,
    )
    async with database.arrange() as session:
        await upsert(session, Grant, [fact])


@pytest.mark.parametrize(
    ("starts", "ends", "kind", "reads"),
    [
        (-HOUR, HOUR, "cover", True),
        (HOUR, 2 * HOUR, "cover", False),
        (-2 * HOUR, -HOUR, "cover", False),
        (-HOUR, HOUR, "break_glass", False),
    ],
)
async def test_reading_lasts_as_long_as_the_cover(
    signed_in: Open,
    as_client: httpx.AsyncClient,
    parties: Parties,
    *,
    starts: timedelta,
    ends: timedelta,
    kind: str,
    reads: bool,
):
    database, client, covered, covering = parties
    await cover(database, client, covering, starts, ends, kind=kind, covered_id=covered.id)
    shared, own = await put(as_client), await put(as_client, visibility="only_me")
    status = 200 if reads else 404
    async with signed_in(covering) as http:
        opened = await http.get(f"/api/portal/clients/{client.id}")
        assert (opened.status_code, "reading_ends_at" in opened.json()) == (status, reads)
        of_client = {"client": str(client.id)}
        assert (await http.get(f"/api/portal/check-ins/{shared['id']}", params=of_client)).status_code == status
        assert (await http.get(f"/api/portal/check-ins/{own['id']}", params=of_client)).status_code == 404
        caseload = (await http.get("/api/portal/caseload")).json()["items"]
    assert [one["client"]["id"] for one in caseload] == ([str(client.id)] if reads else [])
    assert all(one["reading_ends_at"] for one in caseload)
