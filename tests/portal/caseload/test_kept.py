"""What a caseload keeps in the process: never more than the next page would read anew (decision 0071)."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from afterglow_portal.caseload.days import Days
from afterglow_portal.caseload.facts import FACTS
from afterglow_portal.caseload.kept import KeptDays
from afterglow_portal.checkins.models import CheckIn
from afterglow_portal.main import create
from afterglow_portal.settings import Settings
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.portal.arranging import ago, assign, check_in, put, stand_in
from tests.portal.break_glass.test_break_glass import open_record
from tests.portal.caseload.clients import CASELOAD_PATH, caseload, noted, take_on
from tests.portal.conftest import Open

SENDERS = 20
CHECK_INS = "/api/portal/check-ins"
VISIBILITIES = ("therapist", "therapist", "only_me", "next_session")
MARK = text("SELECT bit_xor(mark) FROM check_in_marks WHERE client_id = :client")
TRIGGERS = text("""
    SELECT tgrelid::regclass::text, tgtype & 28, tgoldtable IS NOT NULL, tgnewtable IS NOT NULL FROM pg_trigger
    WHERE tgfoid = 'mark_check_ins'::regproc AND tgenabled = 'O'
""")
INSERTED, DELETED, UPDATED = 4, 8, 16
COPY = text("""
    INSERT INTO check_ins SELECT (jsonb_populate_record(
        entry, jsonb_build_object('id', gen_random_uuid(), 'mood', CAST(:mood AS float8), 'felt_at', now())
    )).* FROM check_ins AS entry WHERE entry.client_id = :client LIMIT 1
""")
DAY = date(2026, 5, 4)


def days(mark: int) -> Days:
    return Days(mark, [0], [1.0])


async def mark_of(database: RolledBackDatabase, client: Person) -> int | None:
    async with database.arrange() as session:
        mark: int | None = await session.scalar(MARK, {"client": client.id})
    return mark


def known(app: FastAPI, therapist: Person) -> dict[UUID, Days]:
    kept: KeptDays = app.state.kept_days
    return dict(kept.of(therapist.id, datetime.now(UTC).date()))


async def as_anew(app: FastAPI, http: httpx.AsyncClient) -> list[dict[str, Any]]:
    """The page, which must be the one that a process shows which has kept nothing."""
    page = await http.get(CASELOAD_PATH)
    kept, app.state.kept_days = app.state.kept_days, KeptDays(most=0)
    anew = await http.get(CASELOAD_PATH)
    app.state.kept_days = kept
    assert page.status_code == 200
    assert page.json() == anew.json()
    rows: list[dict[str, Any]] = page.json()["items"]
    return rows


def test_what_was_kept_serves_one_therapist_and_one_day():
    kept, ada, bea, client = KeptDays(), new_id(), new_id(), new_id()
    kept.keep(ada, DAY, {client: days(1)})
    assert kept.of(ada, DAY)[client].mark == 1
    assert (kept.of(bea, DAY), kept.of(ada, DAY + timedelta(days=1))) == ({}, {})


def test_who_left_the_caseload_is_kept_no_longer():
    kept, ada, gone, stayed = KeptDays(), new_id(), new_id(), new_id()
    kept.keep(ada, DAY, {gone: days(1), stayed: days(2)})
    kept.keep(ada, DAY, {stayed: days(3)})
    assert {client: one.mark for client, one in kept.of(ada, DAY).items()} == {stayed: 3}


def test_beyond_so_many_clients_whoever_looked_longest_ago_is_dropped():
    kept, therapists = KeptDays(most=4), [new_id() for _ in range(3)]
    for therapist in (*therapists[:2], therapists[0], therapists[2]):
        kept.keep(therapist, DAY, {new_id(): days(1), new_id(): days(2)})
    assert [len(kept.of(one, DAY)) for one in therapists] == [2, 0, 2]
    kept.keep(therapists[0], DAY, {new_id(): days(1) for _ in range(5)})
    assert [len(kept.of(one, DAY)) for one in therapists] == [0, 0, 0]


def test_means_are_counted_once_for_each_calendar():
    one = Days(1, [0, 0, 29], [1.0, 2.0, None])
    assert one.thirty(0) == ({0: 1.5}, 3)
    assert one.thirty(1) == ({1: 1.5}, 2)
    assert one.thirty(0)[0] is one.thirty(0)[0]


async def test_under_the_same_mark_moods_are_not_read_again(
    *, app: FastAPI, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person,
    therapist: Person,
):  # fmt: skip
    """Shown by keeping what nobody wrote."""
    await put(as_client, mood=1)
    await caseload(as_therapist)
    mark = known(app, therapist)[client_person.id].mark
    app.state.kept_days.keep(therapist.id, datetime.now(UTC).date(), {client_person.id: Days(mark, [0], [-4.0])})
    for query in ({}, {"q": client_person.name}):
        (row,) = await caseload(as_therapist, **query)
        assert -4.0 in row["sparkline"]["moods"]
    await put(as_client, mood=3)
    (row,) = await as_anew(app, as_therapist)
    assert (row["check_ins_30_days"], -4.0 in row["sparkline"]["moods"]) == (2, False)


async def test_a_page_of_some_does_not_forget_the_others(
    app: FastAPI, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, therapist: Person
):
    await put(as_client)
    await caseload(as_therapist)
    await caseload(as_therapist, q="nobody has this name")
    assert len(known(app, therapist)) == 1


async def test_every_table_that_is_kept_of_is_marked_by_every_write(database: RolledBackDatabase):
    """Whoever keeps more of FACTS has to mark it: the part that `kept` spares says which tables it reads."""
    laterals = str(FACTS).split("LEFT JOIN LATERAL")
    spared = [part for part in laterals if ":kept" in part]
    tables = {table for part in spared for table in re.findall(r"\b(?:FROM|JOIN) ([a-z_]+)", part)}
    marked = {(INSERTED, False, True), (UPDATED, False, True), (UPDATED, True, False), (DELETED, True, False)}
    async with database.arrange() as session:
        found = (await session.execute(TRIGGERS)).all()
    assert tables
    assert {tuple(row) for row in found} == {(table, *write) for table in tables for write in marked}


@pytest.mark.parametrize("column", sorted(CheckIn.model_fields))
async def test_a_write_to_any_column_of_what_is_shared_marks(
    database: RolledBackDatabase, as_client: httpx.AsyncClient, client_person: Person, column: str
):
    await put(as_client)
    before = await mark_of(database, client_person)
    async with database.arrange() as session:
        await session.execute(text(f"UPDATE check_ins SET {column} = {column}"))  # noqa: S608  # a name of ours
    assert before is not None
    assert await mark_of(database, client_person) not in {before, None}


@pytest.mark.parametrize("visibility", ["only_me", "next_session"])
async def test_what_is_not_shared_marks_nothing(
    database: RolledBackDatabase, as_client: httpx.AsyncClient, client_person: Person, visibility: str
):
    await put(as_client)
    before = await mark_of(database, client_person)
    own = await put(as_client, visibility=visibility)
    change = check_in(visibility=visibility, version_id=str(new_id()))
    assert (await as_client.post(f"{CHECK_INS}/{own['id']}/versions", json=change)).is_success
    assert (await as_client.delete(f"{CHECK_INS}/{own['id']}")).is_success
    assert await mark_of(database, client_person) == before


@pytest.mark.parametrize("way", ["shared", "taken_back", "erased", "corrected", "deleted", "moved"])
async def test_the_next_page_has_what_was_changed(
    *, app: FastAPI, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, database: RolledBackDatabase,
    other_client: Person, therapist: Person, way: str,
):  # fmt: skip
    async with database.arrange() as session:
        await assign(session, other_client, therapist)
    entry = await put(as_client, mood=2, visibility="only_me" if way == "shared" else "therapist")
    before = await as_anew(app, as_therapist)
    if way == "erased":
        assert (await as_client.delete(f"{CHECK_INS}/{entry['id']}")).is_success
    elif way in {"deleted", "moved"}:
        async with database.arrange() as session:
            done = "DELETE FROM check_ins" if way == "deleted" else "UPDATE check_ins SET client_id = :to"
            await session.execute(text(done), {"to": other_client.id} if way == "moved" else {})
    else:
        change = check_in(
            mood=-3, version_id=str(new_id()), visibility="only_me" if way == "taken_back" else "therapist"
        )
        assert (await as_client.post(f"{CHECK_INS}/{entry['id']}/versions", json=change)).is_success
    assert await as_anew(app, as_therapist) != before


@pytest.mark.parametrize(
    ("change", "listed", "entries"),
    [
        ("UPDATE care_relationships SET ended_at = now() - interval '15 days'", 0, 0),
        ("UPDATE care_relationships SET ended_at = now() - interval '13 days'", 1, 1),
        ("UPDATE care_relationships SET started_at = now() - interval '1 hour'", 1, 1),
        ("UPDATE care_relationships SET started_at = now() + interval '1 hour'", 0, 0),
    ],
)
async def test_when_care_changes_the_next_page_shows_no_more_than_it_may(
    *, app: FastAPI, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, database: RolledBackDatabase,
    settings: Settings, client_person: Person, therapist: Person, change: str, listed: int, entries: int,
):  # fmt: skip
    await noted(database, settings, client_person, {20: 3.0})
    await put(as_client)
    assert (await as_anew(app, as_therapist))[0]["check_ins_30_days"] == 2
    assert known(app, therapist)
    async with database.arrange() as session:
        await session.execute(text(change))
    rows = await as_anew(app, as_therapist)
    assert [row["check_ins_30_days"] for row in rows] == [entries] * listed
    assert known(app, therapist) == {}  # neither of whom one reads a part nor of whom one reads nothing


@pytest.mark.parametrize("kind", ["cover", "break_glass"])
async def test_a_grant_that_is_over_shows_nothing_that_was_kept(
    *, app: FastAPI, as_client: httpx.AsyncClient, signed_in: Open, database: RolledBackDatabase,
    client_person: Person, therapist: Person, other_therapist: Person, kind: str,
):  # fmt: skip
    await put(as_client)
    async with signed_in(other_therapist) as http:
        assert await as_anew(app, http) == []
        if kind == "cover":
            async with database.arrange() as session:
                await stand_in(session, client_person, other_therapist, therapist)
        else:
            opened = await open_record(database, client_person, other_therapist)
            assert (await opened.explain(http)).is_success
        assert [row["check_ins_30_days"] for row in await as_anew(app, http)] == [1]
        await put(as_client)
        assert [row["check_ins_30_days"] for row in await as_anew(app, http)] == [2]
        async with database.arrange() as session:
            await session.execute(text("UPDATE grants SET ends_at = now()"))
        assert await as_anew(app, http) == []
    assert known(app, other_therapist) == {}


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_written_a_page_is_as_one_that_is_read_anew(
    *, app: FastAPI, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, signed_in: Open,
    database: RolledBackDatabase, client_person: Person, other_client: Person, therapist: Person, seed: int,
):  # fmt: skip
    random, entries = Random(seed), []  # noqa: S311  # a reproducible choice, no secret
    async with database.arrange() as session:
        await assign(session, other_client, therapist)
    await take_on(database, therapist, "Nobody Writes")
    async with AsyncExitStack() as stack:
        writers = [as_client, await stack.enter_async_context(signed_in(other_client))]
        for _ in range(25):
            kind = random.choice(["new", "new", "edit", "erase", "care"])
            if kind == "care":
                ended = random.choice(["NULL", "NULL", "now() - interval '1 hour'", "now() - interval '20 days'"])
                who = random.choice([client_person, other_client])
                async with database.arrange() as session:
                    sql = f"UPDATE care_relationships SET ended_at = {ended} WHERE client_id = :client"  # noqa: S608  # constants of ours
                    await session.execute(text(sql), {"client": who.id})
            elif kind == "new" or not entries:
                http = random.choice(writers)
                said = {"mood": random.randint(-5, 5), "visibility": random.choice(VISIBILITIES)}
                entries.append((http, (await put(http, felt_at=ago(hours=random.randint(1, 47)), **said))["id"]))
            else:
                http, entry = random.choice(entries)
                change = check_in(mood=-1, version_id=str(new_id()), visibility=random.choice(VISIBILITIES))
                where = f"{CHECK_INS}/{entry}"
                _ = await (http.delete(where) if kind == "erase" else http.post(f"{where}/versions", json=change))
            await as_anew(app, as_therapist)


async def test_the_app_sees_marks_of_whom_it_reads_freely_and_of_nobody_else(
    *, database: RolledBackDatabase, as_client: httpx.AsyncClient, client_person: Person, therapist: Person,
    other_therapist: Person,
):  # fmt: skip
    await put(as_client)
    for person, seen in ((therapist, True), (other_therapist, False), (client_person, False)):
        async with database.unit_of_work(RowContext(person.id, person.role)) as session:
            assert (await session.scalar(MARK, {"client": client_person.id}) is not None) == seen


@pytest.fixture
async def desk(
    committed_app: FastAPI, committed_people: tuple[Person, Person], issuer: TestIssuer
) -> AsyncIterator[httpx.AsyncClient]:
    """The therapist of this test alone, on connections that really commit."""
    async with open_client(committed_app, issuer.token(committed_people[1], "portal")) as http:
        yield http


@asynccontextmanager
async def unfinished(superuser: Database, client: Person, mood: float) -> AsyncIterator[AsyncSession]:
    """A transaction that has written a check-in; who would wait for another one's is refused instead."""
    async with superuser.sessions() as session:
        await session.execute(text("SET LOCAL lock_timeout = '1s'"))
        await session.execute(COPY, {"client": client.id, "mood": mood})
        yield session


async def entries_of(desk: httpx.AsyncClient) -> int:
    (row,) = await caseload(desk)
    entries: int = row["check_ins_30_days"]
    return entries


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_whichever_commits_first_the_next_page_has_it(
    *, desk: httpx.AsyncClient, committed_app: FastAPI, committed_people: tuple[Person, Person],
    committed_superuser: Database, issuer: TestIssuer, order: tuple[int, ...],
):  # fmt: skip
    """Two have written and not committed yet, a third does both meanwhile, and each page keeps what it read."""
    client, _ = committed_people
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(open_client(committed_app, issuer.token(client, "portal")))
        await put(http, felt_at=ago(hours=1))
        writing = [await stack.enter_async_context(unfinished(committed_superuser, client, mood)) for mood in range(2)]
        assert await entries_of(desk) == 1
        await put(http)
        assert await entries_of(desk) == 2
        for number, which in enumerate(order):
            await writing[which].commit()
            assert await entries_of(desk) == number + 3
            await as_anew(committed_app, desk)


async def test_what_is_rolled_back_was_never_kept(
    *, desk: httpx.AsyncClient, committed_app: FastAPI, committed_people: tuple[Person, Person],
    committed_superuser: Database, issuer: TestIssuer,
):  # fmt: skip
    client, therapist = committed_people
    async with open_client(committed_app, issuer.token(client, "portal")) as http:
        await put(http)
    assert await entries_of(desk) == 1
    before = known(committed_app, therapist)[client.id]
    async with unfinished(committed_superuser, client, 3) as session:
        assert await entries_of(desk) == 1
        await session.rollback()
    assert await entries_of(desk) == 1
    assert known(committed_app, therapist)[client.id] is before


async def test_many_at_once_are_all_recorded_and_two_processes_show_them(
    *, desk: httpx.AsyncClient, committed_app: FastAPI, committed_people: tuple[Person, Person],
    committed_database: Database, settings: Settings, issuer: TestIssuer,
):  # fmt: skip
    client, therapist = committed_people
    replica = create(settings, database=committed_database, keys=issuer.keys())
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(open_client(committed_app, issuer.token(client, "portal")))
        other = await stack.enter_async_context(open_client(replica, issuer.token(therapist, "portal")))
        assert [await entries_of(one) for one in (desk, other)] == [0, 0]
        for times in (1, 2):
            answers = await asyncio.gather(
                *(http.put(f"{CHECK_INS}/{new_id()}", json=check_in()) for _ in range(SENDERS))
            )
            assert Counter(answer.status_code for answer in answers) == {201: SENDERS}
            assert [await entries_of(one) for one in (desk, other)] == [SENDERS * times] * 2
