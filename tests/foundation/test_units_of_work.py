"""Two forms of unit of work: both set who they act for, and neither answers before its commit."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import pytest
import pytest_asyncio
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext, SingleStatement, UnitOfWork
from afterglow_foundation.errors import Conflict, Refusal
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import MigratedDatabase
from afterglow_foundation.testing.people import Person
from fastapi import Body
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.foundation.tiny import ReadThings, Tiny, WriteThings, events, routed

SCRATCH = (
    "DROP TABLE IF EXISTS scratch",
    "CREATE TABLE scratch (value text, person text, role text)",
    "GRANT SELECT, INSERT ON scratch TO messaging_app",
    """
    CREATE OR REPLACE FUNCTION refuse_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF NEW.value = 'refused at commit' THEN RAISE 'refused at commit' USING ERRCODE = 'check_violation'; END IF;
    RETURN NULL; END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER late AFTER INSERT ON scratch DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION refuse_at_commit()
    """,
)
WHO = "current_setting('app.person', true), current_setting('app.role', true)"
INSERT = text(f"INSERT INTO scratch SELECT :value, {WHO}")
IN_ONE = text("""
    WITH context AS MATERIALIZED (
        SELECT set_config('app.person', :person, true) AS person, set_config('app.role', :role, true) AS role
    )
    INSERT INTO scratch SELECT :value, current_setting('app.person', true), current_setting('app.role', true)
    FROM context RETURNING value, person, role
""")
LOOK = text(f"SELECT {WHO}")


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def scratch(committed_superuser: Database) -> AsyncIterator[None]:
    async with committed_superuser.engine.begin() as connection:
        for statement in SCRATCH:
            await connection.execute(text(statement))
    yield
    async with committed_superuser.engine.begin() as connection:
        await connection.execute(text("DROP TABLE scratch; "))
        await connection.execute(text("DROP FUNCTION refuse_at_commit()"))


async def kept(database: Database) -> list[tuple[str, str, str]]:
    async with database.sessions() as session:
        return [tuple(row) for row in await session.execute(text("TABLE scratch"))]


@pytest_asyncio.fixture(loop_scope="session")
async def one_connection(committed: MigratedDatabase) -> AsyncIterator[Database]:
    """A pool of one: every unit of work gets the same connection."""
    database = Database.connect(committed.app_url, pool_size=1)
    yield database
    await database.close()


async def write(_: WriteThings, session: UnitOfWork, value: Annotated[str, Body(embed=True)]) -> str:
    await session.execute(INSERT, {"value": value})
    return "stored"


async def test_a_request_acts_for_its_caller_and_is_committed_when_answered(
    tiny: Tiny, committed_superuser: Database, client_person: Person
) -> None:
    async with tiny.signed_in(tiny.app(routed("/a", write, method="PUT")), client_person) as http:
        assert (await http.put("/a", json={"value": "x"})).json() == "stored"
    assert await kept(committed_superuser) == [("x", str(client_person.id), "client")]


async def test_a_commit_that_fails_is_never_answered_with_success(
    tiny: Tiny, committed_superuser: Database, client_person: Person
) -> None:
    async with tiny.signed_in(tiny.app(routed("/a", write, method="PUT")), client_person) as http:
        answer = await http.put("/a", json={"value": "refused at commit"})
        assert answer.status_code == 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert "commit" not in answer.text
        assert (await http.put("/a", json={"value": "next"})).status_code == 200
    assert [value for value, *_ in await kept(committed_superuser)] == ["next"]


async def write_and_refuse(caller: WriteThings, session: UnitOfWork) -> None:
    await session.execute(INSERT, {"value": "to be rolled back"})
    raise Conflict(refusal=Refusal("things.write", subject_id=caller.person))


async def write_and_fail(_: WriteThings, session: UnitOfWork) -> None:
    await session.execute(INSERT, {"value": "to be rolled back"})
    raise ZeroDivisionError


@pytest.mark.parametrize(("endpoint", "status"), [(write_and_refuse, 409), (write_and_fail, 500)])
async def test_a_problem_or_a_fault_rolls_back(
    tiny: Tiny, committed_superuser: Database, client_person: Person, endpoint: object, status: int
) -> None:
    async with tiny.signed_in(tiny.app(routed("/a", endpoint, method="PUT")), client_person) as http:
        assert (await http.put("/a")).status_code == status
    assert await kept(committed_superuser) == []
    refused = await events(committed_superuser, actor_id=client_person.id, outcome="refused")
    assert len(refused) == (1 if status == 409 else 0)


async def test_a_unit_of_work_leaves_no_context_on_its_connection(one_connection: Database) -> None:
    person = new_id()
    async with one_connection.unit_of_work(RowContext(person, Role.client)) as session:
        assert (await session.execute(LOOK)).one() == (str(person), "client")
    async with one_connection.unit_of_work(RowContext()) as session:
        assert (await session.execute(LOOK)).one() == ("", "")
    async with one_connection.sessions() as session:
        assert not any((await session.execute(LOOK)).one())


async def test_a_failed_unit_of_work_leaves_none_either(one_connection: Database) -> None:
    with pytest.raises(DBAPIError):
        async with one_connection.unit_of_work(RowContext(new_id(), Role.client)) as session:
            await session.execute(text("SELECT 1 / 0"))
    async with one_connection.sessions() as session:
        assert not any((await session.execute(LOOK)).one())


async def test_a_single_statement_is_its_own_transaction_and_sets_its_context(
    one_connection: Database, committed_superuser: Database
) -> None:
    person = new_id()
    values = RowContext(person, Role.client).parameters() | {"value": "x"}
    assert [tuple(row) for row in await one_connection.single_statement(IN_ONE, values)] == [
        ("x", str(person), "client")
    ]
    assert await kept(committed_superuser) == [("x", str(person), "client")]
    async with one_connection.sessions() as session:
        assert not any((await session.execute(LOOK)).one())


async def test_a_single_statement_that_fails_stores_nothing(
    one_connection: Database, committed_superuser: Database
) -> None:
    values = RowContext(new_id(), Role.client).parameters() | {"value": "refused at commit"}
    with pytest.raises(DBAPIError, match="refused at commit"):
        await one_connection.single_statement(IN_ONE, values)
    assert await kept(committed_superuser) == []
    async with one_connection.sessions() as session:
        assert not any((await session.execute(LOOK)).one())


async def test_a_route_of_a_single_statement_answers_after_its_commit(
    tiny: Tiny, committed_superuser: Database, client_person: Person
) -> None:
    async def in_one(caller: ReadThings, database: SingleStatement) -> int:
        values = RowContext.of(caller).parameters() | {"value": "x"}
        return len(await database.single_statement(IN_ONE, values))

    async with tiny.signed_in(tiny.app(routed("/a", in_one)), client_person) as http:
        assert (await http.get("/a")).json() == 1
    assert await kept(committed_superuser) == [("x", str(client_person.id), "client")]


async def test_an_error_of_the_database_does_not_carry_the_values(one_connection: Database) -> None:
    with pytest.raises(DBAPIError) as failed:
        async with one_connection.unit_of_work(RowContext()) as session:
            await session.execute(text("SELECT CAST(:words AS text), 1 / 0"), {"words": "what a person wrote"})
    assert "what a person wrote" not in str(failed.value)


def test_nobody_is_an_empty_context() -> None:
    assert RowContext.of(None) == RowContext()
    assert RowContext().parameters() == {"person": "", "role": ""}


async def test_connections_that_the_server_ended_are_replaced_before_they_fail(
    one_connection: Database, committed_superuser: Database
) -> None:
    """As after a restart of PostgreSQL: the first request finds a connection that works."""
    mine = text("SELECT pg_backend_pid()")
    async with one_connection.unit_of_work(RowContext()) as session:
        ended = await session.scalar(mine)
    async with committed_superuser.sessions() as session:
        await session.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": ended})
    await asyncio.sleep(0.05)  # until the end has come through the socket
    async with one_connection.unit_of_work(RowContext()) as session:
        assert await session.scalar(mine) != ended
    assert await one_connection.single_statement(mine, {})


async def test_a_service_of_keyed_statements_has_each_planned_once(committed: MigratedDatabase) -> None:
    """The server counts plans: two uses, and none was planned for its values."""
    planned = text("SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%-- of a key'")
    for generic, counted in ((True, (2, 0)), (False, (0, 2))):
        database = Database.connect(committed.app_url, pool_size=2, generic_plans=generic)
        async with database.sessions() as session:
            for key in (1, 2):
                await session.execute(text("SELECT FROM scratch WHERE value = :key -- of a key"), {"key": str(key)})
            assert tuple((await session.execute(planned)).one()) == counted
        await database.close()


async def test_the_connection_used_last_is_used_next(committed: MigratedDatabase) -> None:
    database = Database.connect(committed.app_url, pool_size=3)
    asked = text("SELECT pg_backend_pid() FROM pg_sleep(0.05)")

    async def backend() -> int:
        async with database.sessions() as session:
            return int((await session.execute(asked)).scalar_one())

    together = set(await asyncio.gather(*(backend() for _ in range(3))))
    one_after_another = {await backend() for _ in range(4)}
    assert (len(together), len(one_after_another)) == (3, 1)
    await database.close()
