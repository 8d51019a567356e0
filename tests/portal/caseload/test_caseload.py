"""The caseload: one statement, shared entries only, by name."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.caseload.service import CASELOAD
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.portal.arranging import ago, assign, audited, check_in, counted, introduce, put
from tests.portal.conftest import Open

CASELOAD_PATH = "/api/portal/caseload"
YEARS = text("""
    INSERT INTO check_ins SELECT (jsonb_populate_record(entry, jsonb_build_object(
        'client_id', CAST(:owner AS text), 'id', gen_random_uuid(), 'felt_at', now() - day * interval '12 h',
        'visibility', CASE day % 3 WHEN 0 THEN 'therapist' ELSE 'only_me' END
    ))).*
    FROM check_ins AS entry, generate_series(1, 300) AS day WHERE entry.id = :source
""")


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


async def test_a_client_without_shared_entries_is_listed(as_therapist: httpx.AsyncClient, client_person: Person):
    (row,) = await caseload(as_therapist)
    assert row["client"] == {"id": str(client_person.id), "name": client_person.name}
    assert (row["latest"], row["check_ins_30_days"], row["reading_ends_at"]) == (None, 0, None)
    assert row["since"] == "2026-01-01T00:00:00Z"
    assert [day["mood"] for day in row["sparkline"]] == [None] * 30


async def test_an_entry_without_mood_does_not_hide_the_latest_mood(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient
):
    mood = await put(as_client, mood=-2, felt_at=ago(hours=5))
    await put(as_client, mood=None, anxiety=7, felt_at=ago(hours=1))
    (row,) = await caseload(as_therapist)
    assert (row["latest"]["mood"], row["latest"]["felt_at"]) == (-2, mood["felt_at"])
    assert row["check_ins_30_days"] == 2


async def test_it_shows_the_latest_shared_check_in_and_thirty_days(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient
):
    await put(as_client, mood=-2, felt_at=ago(hours=47))
    latest = await put(as_client, mood=3, energy=None, anxiety=1, felt_at=ago(minutes=0))
    await put(as_client, mood=2, felt_at=latest["felt_at"].replace("Z", "+00:00"), visibility="only_me")
    (row,) = await caseload(as_therapist)
    assert row["latest"] == {name: latest[name] for name in ("mood", "energy", "anxiety", "felt_at", "local_date")}
    assert row["check_ins_30_days"] == 2
    dates = [date.fromisoformat(day["date"]) for day in row["sparkline"]]
    assert [(later - day).days for day, later in pairwise(dates)] == [1] * 29
    assert str(dates[-1]) == latest["local_date"]
    assert [day["mood"] for day in row["sparkline"] if day["mood"] is not None] == [-2, 3]


async def test_a_day_is_the_mean_of_its_shared_moods(as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient):
    at = ago(minutes=0)
    for mood in (1, 2, 2):
        await put(as_client, mood=mood, felt_at=at)
    (row,) = await caseload(as_therapist)
    assert [day["mood"] for day in row["sparkline"] if day["mood"] is not None] == [1.67]


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
    assert {day["mood"] for day in row["sparkline"]} == {None}


async def test_the_sparklines_last_day_is_the_clients_today(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, database: RolledBackDatabase
):
    await put(as_client, time_zone="Pacific/Kiritimati", mood=4)
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        async with database.arrange() as session:
            await session.execute(text("UPDATE people SET time_zone = :zone"), {"zone": zone})
        (row,) = await caseload(as_therapist)
        assert row["sparkline"][-1]["date"] == str(datetime.now(ZoneInfo(zone)).date())
        assert row["check_ins_30_days"] == (1 if zone == "Pacific/Kiritimati" else 0)


async def test_clients_come_by_name_page_by_page(
    as_therapist: httpx.AsyncClient, database: RolledBackDatabase, therapist: Person
):
    twins = await take_on(database, therapist, "ada", "Bea", "Bea", "Édith", "zoe")
    names = [row["client"]["name"] for row in await caseload(as_therapist)]
    assert names == ["ada", "Bea", "Bea", "Rowan Hale", "zoe", "Édith"]
    found, after = [], None
    while True:
        page = (await as_therapist.get(CASELOAD_PATH, params={"limit": 2} | ({"after": after} if after else {}))).json()
        found += [row["client"]["id"] for row in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert len(found) == len(set(found)) == 6
    assert {str(twins[1].id), str(twins[2].id)} == set(found[1:3])


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
    [("q", {"q": "a\0"}), ("q", {"q": "x" * 101}), ("limit", {"limit": 0}), ("after", {"after": "x"})],
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


async def test_one_statement_whatever_the_size(
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    therapist: Person,
    superuser_engine: AsyncEngine,
):
    await put(as_client)
    totals = []
    for names in ([], [f"Client {number}" for number in range(20)]):
        await take_on(database, therapist, *names)
        with counted(superuser_engine) as sent:
            rows = await caseload(as_therapist)
        assert len(rows) == 1 + len(names)
        reading = [statement for statement in sent if "check_ins" in statement or "clients_in_care" in statement]
        assert len(reading) == 1
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
    async with database.unit_of_work(RowContext(therapist.id, "therapist")) as session:
        explained = await session.execute(
            text(f"EXPLAIN {CASELOAD.element}"), {"limit": 51, "after": None, "q": "", "earliest": datetime.now(UTC)}
        )
        plan = "\n".join(explained.scalars())
    assert "Seq Scan on check_ins" not in plan
    assert plan.count("ix_check_ins_shared") == 2
