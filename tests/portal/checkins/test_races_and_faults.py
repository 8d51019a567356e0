"""Many at once, and a database that fails: exactly once, or not at all and said so."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from afterglow_portal.main import create
from afterglow_portal.settings import Settings
from fastapi import FastAPI
from sqlalchemy import event, text
from sqlalchemy.util import await_only

from tests.portal.arranging import check_in, put

ROUNDS, SENDERS = 20, 20
END_CONNECTIONS = text("""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE usename = 'portal_app' AND datname = current_database()
""")
COUNTS = text("""
    SELECT (SELECT count(*) FROM check_ins WHERE client_id = :client) AS check_ins,
           (SELECT count(*) FROM check_in_versions WHERE client_id = :client) AS versions,
           (SELECT count(*) FROM audit_events WHERE subject_id = :client) AS events
""")


async def counts(superuser: Database, client: Person) -> tuple[int, int, int]:
    async with superuser.sessions() as session:
        row = (await session.execute(COUNTS, {"client": client.id})).one()
    return row.check_ins, row.versions, row.events


@pytest.fixture
async def http(
    committed_app: FastAPI, committed_people: tuple[Person, Person], issuer: TestIssuer
) -> AsyncIterator[httpx.AsyncClient]:
    """The client of this test alone, whose check-ins are committed for real."""
    async with open_client(committed_app, issuer.token(committed_people[0], "portal")) as opened:
        yield opened


async def test_of_many_senders_of_one_check_in_one_creates_it(
    *,
    http: httpx.AsyncClient,
    committed_people: tuple[Person, Person],
    committed_superuser: Database,
    settings: Settings,
    committed_database: Database,
    issuer: TestIssuer,
):
    """The first round finds no data key, neither in the database nor in either replica's memory."""
    replica = create(settings, database=committed_database, keys=issuer.keys())
    async with open_client(replica, http.headers["authorization"].removeprefix("Bearer ")) as other:
        for _ in range(ROUNDS):
            where, body = f"/api/portal/check-ins/{new_id()}", check_in(note="once")
            senders = (http, other) * (SENDERS // 2)
            answers = await asyncio.gather(*(sender.put(where, json=body) for sender in senders))
            assert Counter(answer.status_code for answer in answers) == {201: 1, 200: SENDERS - 1}
            assert len({answer.content for answer in answers}) == 1
    client, _ = committed_people
    assert await counts(committed_superuser, client) == (ROUNDS, 0, ROUNDS)
    async with committed_superuser.sessions() as session:
        keys = await session.scalar(
            text("SELECT count(*) FROM keys.data_keys WHERE owner_id = :owner"), {"owner": client.id}
        )
    assert keys == 1


async def test_of_many_bodies_under_one_id_one_wins(http: httpx.AsyncClient):
    where = f"/api/portal/check-ins/{new_id()}"
    answers = await asyncio.gather(*(http.put(where, json=check_in(note=str(number))) for number in range(SENDERS)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: SENDERS - 1}
    (winner,) = [answer for answer in answers if answer.status_code == 201]
    assert (await http.get(where)).json() == winner.json()


async def test_of_many_senders_of_one_edit_one_makes_it(
    http: httpx.AsyncClient, committed_people: tuple[Person, Person], committed_superuser: Database
):
    stored = await put(http)
    where, edit = f"/api/portal/check-ins/{stored['id']}/versions", check_in(mood=-3, version_id=str(new_id()))
    answers = await asyncio.gather(*(http.post(where, json=edit) for _ in range(SENDERS)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: SENDERS - 1}
    assert len({answer.content for answer in answers}) == 1
    assert await counts(committed_superuser, committed_people[0]) == (1, 1, 2)


async def test_different_edits_at_once_all_stay(http: httpx.AsyncClient):
    stored = await put(http)
    where = f"/api/portal/check-ins/{stored['id']}/versions"
    edits = [check_in(note=str(number), version_id=str(new_id())) for number in range(8)]
    answers = await asyncio.gather(*(http.post(where, json=edit) for edit in edits))
    assert sorted(answer.json()["version"] for answer in answers) == list(range(2, 10))
    kept = (await http.get(where)).json()["items"]
    assert {version["note"] for version in kept} == {None, *map(str, range(8))}


class CutOff(Database):
    """A database whose connections die once they were taken from the pool, before a statement is sent on them."""

    def __init__(self, database: Database, superuser: Database) -> None:
        super().__init__(database.engine)
        self.superuser = superuser
        self.cut = False
        event.listen(database.engine.sync_engine, "checkout", self.before)

    def before(self, *_: object) -> None:
        if self.cut:
            self.cut = False
            await_only(self.end_connections())

    async def end_connections(self) -> None:
        async with self.superuser.sessions() as session:
            await session.execute(END_CONNECTIONS)


async def test_a_database_gone_in_the_middle_leaves_nothing_half_done(
    settings: Settings,
    committed_database: Database,
    committed_superuser: Database,
    committed_people: tuple[Person, Person],
    issuer: TestIssuer,
):
    client, _ = committed_people
    database = CutOff(committed_database, committed_superuser)
    app = create(settings, database=database, keys=issuer.keys())
    async with open_client(app, issuer.token(client, "portal")) as http:
        await put(http)
        database.cut = True
        where, body = f"/api/portal/check-ins/{new_id()}", check_in()
        answer = await http.put(where, json=body)
        assert answer.status_code in {500, 503}
        assert answer.headers["content-type"] == "application/problem+json"
        assert await counts(committed_superuser, client) == (1, 0, 1)
        assert (await http.put(where, json=body)).status_code == 201


async def test_no_database_at_all_is_a_problem_document(settings: Settings, issuer: TestIssuer, client_person: Person):
    database = Database.connect("postgresql+asyncpg://portal_app:x@127.0.0.1:1/none")
    app = create(settings, database=database, keys=issuer.keys())
    async with open_client(app, issuer.token(client_person, "portal")) as http:
        for answer in (
            await http.put(f"/api/portal/check-ins/{new_id()}", json=check_in()),
            await http.get("/api/portal/check-ins"),
        ):
            assert answer.status_code in {500, 503}
            assert answer.headers["content-type"] == "application/problem+json"
        ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()["migrations"]) == (503, False)
    await database.close()


@asynccontextmanager
async def commits_failing(superuser: Database, table: str) -> AsyncIterator[None]:
    """Every commit that added a row to `table` fails, as a deferred constraint makes it."""
    async with superuser.sessions() as session, session.begin():
        await session.execute(
            text(
                "CREATE OR REPLACE FUNCTION fail_at_commit() RETURNS trigger LANGUAGE plpgsql"
                " AS $$ BEGIN RAISE EXCEPTION 'the commit fails'; END $$"
            )
        )
        await session.execute(
            text(
                f"CREATE CONSTRAINT TRIGGER fails AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED"
                " FOR EACH ROW EXECUTE FUNCTION fail_at_commit()"
            )
        )
    try:
        yield
    finally:
        async with superuser.sessions() as session, session.begin():
            await session.execute(text(f"DROP TRIGGER fails ON {table}"))
            await session.execute(text("DROP FUNCTION fail_at_commit()"))


@pytest.mark.parametrize("table", ["check_ins", "audit_events"])
async def test_a_commit_that_fails_is_not_acknowledged(
    http: httpx.AsyncClient, committed_people: tuple[Person, Person], committed_superuser: Database, table: str
):
    client, _ = committed_people
    stored = await put(http)
    async with commits_failing(committed_superuser, table):
        created = await http.put(f"/api/portal/check-ins/{new_id()}", json=check_in())
        assert created.status_code == 500
    async with commits_failing(committed_superuser, "check_in_versions" if table == "check_ins" else table):
        edit = check_in(version_id=str(new_id()), mood=-4)
        edited = await http.post(f"/api/portal/check-ins/{stored['id']}/versions", json=edit)
        assert edited.status_code == 500
    assert await counts(committed_superuser, client) == (1, 0, 1)
    assert (await http.get(f"/api/portal/check-ins/{stored['id']}")).json() == stored


async def test_a_key_whose_row_was_not_committed_seals_nothing(
    http: httpx.AsyncClient, committed_superuser: Database, committed_people: tuple[Person, Person]
):
    client, _ = committed_people
    async with commits_failing(committed_superuser, "keys.data_keys"):
        assert (await http.put(f"/api/portal/check-ins/{new_id()}", json=check_in(note="a"))).status_code == 500
    assert await counts(committed_superuser, client) == (0, 0, 0)
    stored = await put(http, note="b")
    assert (await http.get(f"/api/portal/check-ins/{stored['id']}")).json()["note"] == "b"
