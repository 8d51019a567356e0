"""The caseload: rows from shared entries only, kept for each client shown, in a constant number of statements."""

import base64
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.caseload.facts import FACTS, LATEST
from afterglow_portal.settings import Settings
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.portal.arranging import ago, assign, audited, check_in, counted, put
from tests.portal.caseload.clients import CASELOAD_PATH, caseload, dosed, noted, take_on
from tests.portal.conftest import Open
from tests.portal.course.treating import OPEN_FOR_LONG, act, begin, schedule

YEARS = text("""
    INSERT INTO check_ins SELECT (jsonb_populate_record(entry, jsonb_build_object(
        'client_id', CAST(:owner AS text), 'id', gen_random_uuid(), 'felt_at', now() - day * interval '12 h',
        'visibility', CASE day % 3 WHEN 0 THEN 'therapist' ELSE 'only_me' END
    ))).*
    FROM check_ins AS entry, generate_series(1, 300) AS day WHERE entry.id = :source
""")


def moods(row: dict[str, Any]) -> list[float]:
    return [mood for mood in row["sparkline"]["moods"] if mood is not None]


def last_day(row: dict[str, Any]) -> date:
    return date.fromisoformat(row["sparkline"]["from"]) + timedelta(days=len(row["sparkline"]["moods"]) - 1)


def place(parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


async def test_a_client_without_shared_entries_is_listed(as_therapist: httpx.AsyncClient, client_person: Person):
    (row,) = await caseload(as_therapist)
    assert row["client"] == {"id": str(client_person.id), "name": client_person.name}
    assert (row["latest"], row["check_ins_30_days"], row["reading_ends_at"]) == (None, 0, None)
    assert row["since"] == "2026-01-01T00:00:00Z"
    assert (row["reasons"], row["next_session"]) == ([], None)
    assert (row["sparkline"]["moods"], row["sparkline"]["doses"]) == ([None] * 30, [])


async def test_an_entry_without_mood_does_not_hide_the_latest_mood(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient
):
    mood = await put(as_client, mood=-2, felt_at=ago(hours=5))
    await put(as_client, mood=None, anxiety=7, felt_at=ago(hours=1))
    (row,) = await caseload(as_therapist)
    assert (row["latest"]["mood"], row["latest"]["felt_at"]) == (-2, mood["felt_at"])
    assert row["check_ins_30_days"] == 2


async def test_the_latest_mood_is_shown_however_long_ago(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    settings: Settings,
    client_person: Person,
):
    await noted(database, settings, client_person, {400: 4, 40: -1, 35: 2}, energy=None)
    await put(as_client, mood=None, energy=3)
    (row,) = await caseload(as_therapist)
    assert (row["latest"]["mood"], row["latest"]["energy"], row["check_ins_30_days"]) == (2, None, 1)


async def test_it_shows_the_latest_shared_check_in_and_thirty_days(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient
):
    await put(as_client, mood=-2, felt_at=ago(hours=47))  # later than felt: an entry, in no mean
    latest = await put(as_client, mood=3, energy=None, anxiety=1, felt_at=ago(minutes=0))
    await put(as_client, mood=2, felt_at=latest["felt_at"].replace("Z", "+00:00"), visibility="only_me")
    (row,) = await caseload(as_therapist)
    assert row["latest"] == {name: latest[name] for name in ("mood", "energy", "anxiety", "felt_at", "local_date")}
    assert row["check_ins_30_days"] == 2
    assert last_day(row) == date.fromisoformat(latest["local_date"])
    assert moods(row) == [3]


async def test_a_day_is_the_mean_of_its_shared_moods(as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient):
    at = ago(minutes=0)
    for mood in (1, 2, 2):
        await put(as_client, mood=mood, felt_at=at)
    (row,) = await caseload(as_therapist)
    assert moods(row) == [1.67]


async def test_moods_noted_later_raise_no_alarm(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    settings: Settings,
    client_person: Person,
):
    await noted(database, settings, client_person, {float(day): 2.0 for day in range(3, 14)})
    for hours in (26, 28, 30):
        await put(as_client, mood=-4, felt_at=ago(hours=hours))
    (row,) = await caseload(as_therapist)
    assert "mood_drop" not in [reason["kind"] for reason in row["reasons"]]
    assert (set(moods(row)), row["check_ins_30_days"], row["latest"]["mood"]) == ({2.0}, 14, -4)


async def test_the_session_that_is_open_comes_before_one_that_was_missed(
    as_therapist: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person
):
    course = await begin(as_therapist, client_person)
    missed = await schedule(as_therapist, client_person, course, planned_at=ago(hours=3))
    assert (await caseload(as_therapist))[0]["next_session"]["id"] == missed
    late = await schedule(as_therapist, client_person, course, planned_at=ago(hours=30))
    assert (await caseload(as_therapist))[0]["next_session"]["id"] == missed
    assert (await act(as_therapist, client_person, late, "opening")).is_success
    (row,) = await caseload(as_therapist)
    assert (row["next_session"]["id"], row["next_session"]["state"]) == (late, "open")
    assert [reason["kind"] for reason in row["reasons"]] == ["session_open"]
    async with database.arrange() as session:
        await session.execute(OPEN_FOR_LONG)
    assert (await caseload(as_therapist))[0]["next_session"]["id"] == missed


@pytest.mark.parametrize("several", [False, True])
async def test_thirty_days_are_the_clients_own(
    *,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    settings: Settings,
    client_person: Person,
    several: bool,
):
    days = dict.fromkeys(range(28), 2.0) | {28.9 + more / 2: -1.0 for more in range(7)}
    await noted(database, settings, client_person, days)
    if several:
        await noted(database, settings, client_person, {0.001: 1.0})
    (row,) = await caseload(as_therapist)
    today, zone = last_day(row), ZoneInfo("Europe/London")
    dates = [
        (datetime.now(UTC) - timedelta(days=ago)).astimezone(zone).date()
        for ago in [*days, 0.001][: None if several else -1]
    ]
    within = [date for date in dates if (today - date).days < 30]
    assert row["check_ins_30_days"] == len(within)
    assert len(moods(row)) == len(set(within))
    assert moods(row)[-1] in ({1.5, 1.0} if several else {2.0})  # by itself where midnight was a minute ago


@pytest.mark.parametrize("visibility", ["only_me", "next_session"])
async def test_entries_kept_private_change_not_one_byte(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, visibility: str
):
    await put(as_client, mood=1, felt_at=ago(hours=3))
    before = await as_therapist.get(CASELOAD_PATH)
    await put(as_client, mood=-5, visibility=visibility, felt_at=ago(hours=30))
    newest = await put(as_client, mood=-5, visibility=visibility)
    edit = check_in(mood=5, visibility=visibility, version_id=str(new_id()))
    assert (await as_client.post(f"/api/portal/check-ins/{newest['id']}/versions", json=edit)).status_code == 201
    after = await as_therapist.get(CASELOAD_PATH)
    assert after.content == before.content


async def test_a_day_on_which_mood_was_skipped_is_a_gap_but_counts(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient
):
    await put(as_client, mood=None)
    (row,) = await caseload(as_therapist)
    assert row["check_ins_30_days"] == 1
    assert moods(row) == []


async def test_the_sparklines_last_day_is_the_clients_today(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, database: RolledBackDatabase
):
    await put(as_client, time_zone="Pacific/Kiritimati", mood=4)
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        async with database.arrange() as session:
            await session.execute(text("UPDATE people SET time_zone = :zone"), {"zone": zone})
        (row,) = await caseload(as_therapist)
        assert last_day(row) == datetime.now(ZoneInfo(zone)).date()
        assert row["check_ins_30_days"] == (1 if zone == "Pacific/Kiritimati" else 0)


@pytest.mark.parametrize(
    ("q", "names"), [("BEA", ["Bea", "Beatrix"]), ("ro", ["Rowan Hale"]), ("%", []), ("_", []), ("'; --", [])]
)
async def test_q_finds_a_part_of_a_name(
    as_therapist: httpx.AsyncClient, database: RolledBackDatabase, therapist: Person, q: str, names: list[str]
):
    await take_on(database, therapist, "Beatrix", "Bea")
    assert [row["client"]["name"] for row in await caseload(as_therapist, q=q)] == names


@pytest.mark.parametrize(
    ("field", "query"),
    [
        ("q", {"q": "a\0"}),
        ("q", {"q": "x" * 101}),
        ("limit", {"limit": 0}),
        ("limit", {"limit": 501}),
        ("show", {"show": "worst"}),
        ("after", {"after": "x"}),
        ("after", {"after": "x" * 2_001}),
        ("after", {"after": place([9, "", 0, "ada"])}),
        ("after", {"after": place([True, "", 0, "ada", "x"])}),
        ("after", {"after": place({"rank": 9})}),
    ],
)
async def test_a_question_that_cannot_be_understood_names_its_field(
    as_therapist: httpx.AsyncClient, field: str, query: dict[str, Any]
):
    answer = await as_therapist.get(CASELOAD_PATH, params=query)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])


async def test_care_that_ended_shows_until_when_it_is_open(
    as_therapist: httpx.AsyncClient, database: RolledBackDatabase
):
    ended = datetime.now(UTC) - timedelta(days=3)
    for days, listed in ((3, 1), (15, 0)):
        ended = datetime.now(UTC) - timedelta(days=days)
        async with database.arrange() as session:
            await session.execute(text("UPDATE care_relationships SET ended_at = :ended"), {"ended": ended})
        rows = await caseload(as_therapist)
        assert len(rows) == listed
        assert all(datetime.fromisoformat(row["reading_ends_at"]) == ended + timedelta(days=14) for row in rows)


async def test_care_taken_up_again_is_one_row(
    as_therapist: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person, therapist: Person
):
    async with database.arrange() as session:
        await session.execute(text("UPDATE care_relationships SET ended_at = now() - interval '2 days'"))
        await assign(session, client_person, therapist, started_at=datetime.now(UTC) - timedelta(days=1))
    (row,) = await caseload(as_therapist)
    assert row["reading_ends_at"] is None


async def test_it_is_kept_for_each_client_shown_and_opens_none(
    as_therapist: httpx.AsyncClient, database: RolledBackDatabase, therapist: Person
):
    await take_on(database, therapist, "Bea", "Cleo")
    shown = await caseload(as_therapist)
    events = await audited(database, "caseload.read")
    assert {str(event.subject_id) for event in events} == {row["client"]["id"] for row in shown}
    assert {(event.actor_id, event.outcome) for event in events} == {(therapist.id, "success")}
    assert len(events) == len(shown) >= 2
    assert await audited(database, "client.opened") == []


async def test_nobody_elses_clients_are_in_it(signed_in: Open, other_therapist: Person, as_client: httpx.AsyncClient):
    await put(as_client)
    async with signed_in(other_therapist) as http:
        assert await caseload(http) == []


async def test_three_statements_at_most_whatever_the_size(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    client_person: Person,
    database: RolledBackDatabase,
    therapist: Person,
    superuser_engine: AsyncEngine,
):
    await put(as_client)
    await dosed(as_therapist, client_person, days_ago=6)
    totals = []
    for names in ([], [f"Client {number}" for number in range(20)]):
        for person in await take_on(database, therapist, *names):
            await dosed(as_therapist, person, days_ago=6)
        with counted(superuser_engine) as sent:
            rows = await caseload(as_therapist)
        assert len(rows) == 1 + len(names) == sum(bool(row["reasons"]) for row in rows)
        reading = [statement for statement in sent if "check_ins" in statement or "clients_in_care" in statement]
        assert len(reading) == 3
        totals.append(len(sent))
    assert totals[0] == totals[1]


async def test_it_walks_the_index_of_shared_entries(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person, therapist: Person
):
    stored = await put(as_client)
    clients = await take_on(database, therapist, *[f"Client {number}" for number in range(30)])
    async with database.arrange() as session:
        for person in (client_person, *clients):
            await session.execute(YEARS, {"owner": str(person.id), "source": stored["id"]})
        await session.execute(text("ANALYZE"))
    now = datetime.now(UTC)
    asked = {"q": "", "caller": therapist.id, "today": now.date(), "earliest": now, "not_over": now, "kept": []}
    everybody = [person.id for person in (client_person, *clients)]
    for statement, values in ((FACTS, asked), (LATEST, {"clients": everybody})):
        async with database.unit_of_work(RowContext(therapist.id, "therapist")) as session:
            explained = await session.execute(text(f"EXPLAIN {statement}"), values)
            plan = "\n".join(explained.scalars())
        assert "Seq Scan on check_ins" not in plan
        assert plan.count("ix_check_ins_shared") == 1
        asked_of_rows = [line for line in plan.splitlines() if "Filter:" in line and "visibility" in line]
        assert asked_of_rows
        assert not any("current_setting" in line for line in asked_of_rows)  # who asks is looked up once
