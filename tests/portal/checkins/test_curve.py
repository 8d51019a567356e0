"""The curve: day means, gaps as gaps, in the client's own calendar."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from sqlalchemy import text

from tests.portal.arranging import ago, audited, put

CURVE = "/api/portal/check-ins/curve"


def today() -> date:
    return datetime.now(ZoneInfo("Europe/London")).date()


async def test_days_are_means_and_gaps_are_null(as_client: httpx.AsyncClient):
    day = (await put(as_client, mood=1, energy=None, anxiety=2))["local_date"]
    at = ago(minutes=0)
    await put(as_client, mood=2, energy=3, anxiety=None, felt_at=at)
    await put(as_client, mood=2, energy=None, anxiety=None, felt_at=at)
    curve = (await as_client.get(CURVE)).json()
    dates = [entry["date"] for entry in curve["days"]]
    assert dates == [str(today() - timedelta(days=back)) for back in range(29, -1, -1)]
    assert (curve["from"], curve["to"], curve["time_zone"]) == (dates[0], dates[-1], "Europe/London")
    by_date = {entry.pop("date"): entry for entry in curve["days"]}
    if str(today()) == day:  # a run over midnight splits the day, which the next test covers
        assert by_date.pop(day) == {"mood": 1.67, "energy": 3.0, "anxiety": 2.0, "entries": 3}
        assert all(entry == {"mood": None, "energy": None, "anxiety": None, "entries": 0} for entry in by_date.values())


async def test_an_entry_counts_on_the_local_date_it_was_felt(as_client: httpx.AsyncClient):
    stored = await put(as_client, mood=4, felt_at=ago(hours=26))
    curve = (await as_client.get(CURVE, params={"days": 4})).json()
    assert {day["date"]: day["mood"] for day in curve["days"] if day["entries"]} == {stored["local_date"]: 4.0}


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York"])
async def test_today_is_the_clients_today(
    as_client: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase, zone: str
):
    async with database.arrange() as session:
        await session.execute(text("UPDATE people SET time_zone = :zone"), {"zone": zone})
    before = datetime.now(ZoneInfo(zone)).date()
    curve = (await as_client.get(CURVE, params={"days": 1, "client": str(client_person.id)})).json()
    assert curve["to"] in {str(before), str(datetime.now(ZoneInfo(zone)).date())}
    assert curve["time_zone"] == zone


@pytest.mark.parametrize("days", ["0", "367", "many", "1.5"])
async def test_the_number_of_days_has_bounds(as_client: httpx.AsyncClient, days: str):
    answer = await as_client.get(CURVE, params={"days": days})
    assert [error["field"] for error in answer.json()["errors"]] == ["days"]


async def test_a_therapists_curve_is_of_shared_entries_only_and_kept(
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    client_person: Person,
    therapist: Person,
    database: RolledBackDatabase,
):
    at = datetime.now(UTC).isoformat()
    await put(as_client, mood=2, felt_at=at)
    query = {"client": str(client_person.id)}
    before = await as_therapist.get(CURVE, params=query)
    await put(as_client, mood=-5, visibility="only_me", felt_at=at)
    await put(as_client, mood=-5, visibility="next_session", felt_at=at)
    after = await as_therapist.get(CURVE, params=query)
    assert after.content == before.content
    assert [day["mood"] for day in after.json()["days"] if day["entries"]] == [2.0]
    events = await audited(database, "curve.read")
    assert [(event.actor_id, event.subject_id) for event in events] == [(therapist.id, client_person.id)] * 2
