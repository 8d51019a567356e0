"""The curve: day means, gaps as gaps, in the client's own calendar."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.checkins.curve import MOST_DAYS
from sqlalchemy import text

from tests.portal.arranging import ago, audited, put

CURVE = "/api/portal/check-ins/curve"
NOTHING = {"mood": None, "energy": None, "anxiety": None, "entries": 0, "back_dated": None}


def today() -> date:
    return datetime.now(ZoneInfo("Europe/London")).date()


async def test_days_are_means_and_gaps_are_null(as_client: httpx.AsyncClient):
    day = (await put(as_client, mood=1, energy=None, anxiety=2))["local_date"]
    at = ago(minutes=0)
    await put(as_client, mood=2, energy=3, anxiety=None, felt_at=at)
    await put(as_client, mood=2, energy=None, anxiety=None, felt_at=at)
    curve = (await as_client.get(CURVE)).json()
    dates = [entry["date"] for entry in curve["points"]]
    assert dates == [str(today() - timedelta(days=back)) for back in range(29, -1, -1)]
    assert (curve["from"], curve["to"], curve["time_zone"]) == (dates[0], dates[-1], "Europe/London")
    by_date = {entry.pop("date"): entry for entry in curve["points"]}
    if str(today()) == day:  # a run over midnight splits the day, which the next test covers
        assert by_date.pop(day) == NOTHING | {"mood": 1.67, "energy": 3.0, "anxiety": 2.0, "entries": 3}
        assert all(entry == NOTHING for entry in by_date.values())


async def test_an_entry_counts_on_the_local_date_it_was_felt(as_client: httpx.AsyncClient):
    stored = await put(as_client, mood=4, felt_at=ago(hours=26))
    curve = (await as_client.get(CURVE, params={"days": 4})).json()
    told = NOTHING | {"date": stored["local_date"], "back_dated": {"mood": 4, "energy": -1, "anxiety": 4, "entries": 1}}
    assert [day for day in curve["points"] if day["entries"] or day["back_dated"]] == [told]


async def test_back_dated_check_ins_are_in_no_other_mean(as_client: httpx.AsyncClient):
    felt = ago(minutes=16)  # a minute more than filling the form in may take
    await put(as_client, mood=-5, felt_at=felt)
    await put(as_client, mood=-3, energy=None, felt_at=felt)
    await put(as_client, mood=4, felt_at=ago(minutes=0))
    points = (await as_client.get(CURVE)).json()["points"]
    assert [day["mood"] for day in points if day["entries"]] == [4]
    later = [day["back_dated"] for day in points if day["back_dated"]]
    assert later == [{"mood": -4, "energy": -1, "anxiety": 4, "entries": 2}]


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


async def lived(database: RolledBackDatabase, stored: list[dict[str, Any]], *days: int) -> None:
    """Move check-ins that many days into the past, one each."""
    async with database.arrange() as session:
        for one, back in zip(stored, days, strict=True):
            await session.execute(
                text("""
                    UPDATE check_ins SET felt_at = now() - make_interval(days => :back),
                        local_date = CAST(:today AS date) - CAST(:back AS integer) WHERE id = :id
                """),
                {"id": UUID(one["id"]), "back": back, "today": today()},
            )


async def test_all_of_a_year_is_days_and_of_more_is_weeks_of_day_means(
    as_client: httpx.AsyncClient, database: RolledBackDatabase
):
    nothing = (await as_client.get(CURVE, params={"span": "all"})).json()
    assert (nothing["unit"], [one["entries"] for one in nothing["points"]]) == ("day", [0] * 7)
    stored = [await put(as_client, mood=mood, felt_at=ago(minutes=0)) for mood in (1, 3, 5, -5)]
    await lived(database, stored, 365, 365, 364, 0)
    year = (await as_client.get(CURVE, params={"span": "all"})).json()
    assert (year["unit"], len(year["points"]), year["points"][0]["mood"]) == ("day", 366, 2)
    begin = today() - timedelta(days=today().weekday(), weeks=400)
    back = (today() - begin).days
    await lived(database, stored, back, back, back - 1, MOST_DAYS)
    weeks = (await as_client.get(CURVE, params={"span": "all"})).json()
    assert (weeks["unit"], weeks["from"], len(weeks["points"])) == ("week", str(begin), 401)
    assert weeks["points"][0] == NOTHING | {"date": str(begin), "mood": 3.5, "energy": -1, "anxiety": 4, "entries": 3}
    assert sum(one["entries"] for one in weeks["points"]) == 3  # what lies longer back is in the list


@pytest.mark.parametrize("span", ["", "most", "ALL"])
async def test_a_span_is_all_or_none(as_client: httpx.AsyncClient, span: str):
    answer = await as_client.get(CURVE, params={"span": span})
    assert [error["field"] for error in answer.json()["errors"]] == ["span"]


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
    assert [day["mood"] for day in after.json()["points"] if day["entries"]] == [2.0]
    events = await audited(database, "curve.read")
    assert [(event.actor_id, event.subject_id) for event in events] == [(therapist.id, client_person.id)] * 2
