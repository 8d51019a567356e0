"""One statement past SQLAlchemy's execution: the same rows and the same errors, and a connection that is given back."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.errors import is_away, sqlstate
from afterglow_foundation.testing.databases import MigratedDatabase
from sqlalchemy import LargeBinary, bindparam, column, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

ME = text("SELECT pg_backend_pid() AS pid")
TWICE = text("INSERT INTO once VALUES (:value) RETURNING value")
EVERYTHING = text("SELECT * FROM once")


@pytest_asyncio.fixture(loop_scope="session")
async def database(committed: MigratedDatabase, committed_superuser: Database) -> AsyncIterator[Database]:
    """A pool of one, so that a statement meets what the one before it left; and a table."""
    async with committed_superuser.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE once (value text PRIMARY KEY)"))
        await connection.execute(text("GRANT SELECT, INSERT ON once TO messaging_app"))
    pool = Database.connect(committed.app_url, pool_size=1)
    yield pool
    await pool.close()
    async with committed_superuser.engine.begin() as connection:
        await connection.execute(text("DROP TABLE once"))


async def pid(database: Database) -> int:
    [row] = await database.single_statement(ME, {})
    return int(row.pid)


async def test_rows_have_names_and_values_as_from_a_session(database: Database) -> None:
    asked = text("""
        SELECT :words AS words, CAST(:some AS integer[]) AS some, :sealed AS sealed, :words AS again,
               CAST('{"a": 1}' AS jsonb) AS document, gen_random_uuid() AS id, now() AS at, NULL AS nothing
    """).bindparams(bindparam("sealed", type_=LargeBinary))
    values = {"words": "é", "some": [1, 2], "sealed": b"\x00"}
    [row] = await database.single_statement(asked, values)
    async with database.unit_of_work(RowContext()) as session:
        same = (await session.execute(asked, values)).one()
    assert row._asdict() | {"id": None, "at": None} == same._asdict() | {"id": None, "at": None}
    assert [type(value) for value in row] == [type(value) for value in same]


async def test_names_that_are_no_names_do_no_harm(database: Database) -> None:
    [row] = await database.single_statement(text('SELECT 1 AS "QUERY PLAN", 2 AS a, 3 AS a, 4 AS class'), {})
    assert (tuple(row), row.a) == ((1, 2, 3, 4), 2)


async def test_no_rows_are_an_empty_list(database: Database) -> None:
    assert await database.single_statement(text("SELECT 1 AS a WHERE false"), {}) == []
    assert await database.single_statement(text("INSERT INTO once VALUES ('x')"), {}) == []


@pytest.mark.parametrize(
    "statement",
    [
        TWICE,
        text("SELECT 1 / 0, CAST(:value AS text)"),
        text("SELECT nonsense, CAST(:value AS text)"),
        text("UPDATE once SET value = :value"),
        text("SELECT CAST(CAST(:value AS text) AS uuid)"),
    ],
    ids=["taken", "by zero", "unknown", "not allowed", "not a uuid"],
)
async def test_errors_are_called_what_a_session_calls_them(database: Database, statement: object) -> None:
    values = {"value": "what a person wrote"}
    await database.single_statement(TWICE, values)
    with pytest.raises(DBAPIError) as alone:
        await database.single_statement(statement, values)
    with pytest.raises(DBAPIError) as in_session:
        async with database.unit_of_work(RowContext()) as session:
            await session.execute(statement, values)
    assert type(alone.value) is type(in_session.value)
    assert type(alone.value.orig) is type(in_session.value.orig)
    assert sqlstate(alone.value) == sqlstate(in_session.value)
    assert is_away(alone.value) is is_away(in_session.value) is False
    assert "[parameters" not in str(alone.value)


async def test_a_value_of_the_wrong_kind_is_refused_and_the_connection_given_back(database: Database) -> None:
    before = await pid(database)
    with pytest.raises(DBAPIError):
        await database.single_statement(text("SELECT CAST(:number AS integer)"), {"number": "seven"})
    with pytest.raises(KeyError):
        await database.single_statement(TWICE, {})
    assert await pid(database) == before


async def test_what_comes_next_on_the_connection_is_a_transaction_again(database: Database) -> None:
    await database.single_statement(ME, {})

    async def undone(session: AsyncSession) -> None:
        await session.execute(TWICE, {"value": "x"})
        raise LookupError

    with pytest.raises(LookupError):
        async with database.unit_of_work(RowContext()) as session:
            await undone(session)
    assert await database.single_statement(EVERYTHING, {}) == []


async def test_a_connection_that_dies_says_so_and_is_replaced(database: Database) -> None:
    before = await pid(database)
    with pytest.raises(DBAPIError) as died:
        await database.single_statement(text("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(5)"), {})
    assert is_away(died.value)
    assert await pid(database) != before


async def test_a_statement_that_is_given_up_leaves_no_answer_to_the_next(database: Database) -> None:
    before = await pid(database)
    waiting = asyncio.create_task(database.single_statement(text("SELECT 1 AS a FROM pg_sleep(60)"), {}))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await pid(database) != before
    assert await database.single_statement(EVERYTHING, {}) == []


async def test_nobody_at_the_other_end_is_nobody_there() -> None:
    nowhere = Database.connect("postgresql+asyncpg://messaging_app:x@127.0.0.1:1/none")
    with pytest.raises(OSError) as failed:  # noqa: PT011  # which it is differs by system; that it counts as away is tested
        await nowhere.single_statement(ME, {})
    assert is_away(failed.value)
    refused = Database.connect("postgresql+asyncpg://messaging_app:x@127.0.0.1:1/none", pool_size=1)
    with pytest.raises(OSError):  # noqa: PT011  # once more: the pool's only place was given back
        await refused.single_statement(ME, {})
    for each in (nowhere, refused):
        await each.close()


async def test_a_refused_role_is_called_what_a_session_calls_it(committed: MigratedDatabase) -> None:
    stranger = Database.connect(committed.app_url.replace("messaging_app", "nobody_known"), pool_size=1)
    with pytest.raises(Exception) as alone:  # noqa: PT011  # compared below
        await stranger.single_statement(ME, {})
    with pytest.raises(Exception) as in_session:  # noqa: PT011  # compared with the other
        async with stranger.unit_of_work(RowContext()) as session:
            await session.execute(ME)
    assert type(alone.value) is type(in_session.value)
    await stranger.close()


async def test_a_table_that_changed_fails_a_connection_once_at_most(
    database: Database, committed_superuser: Database
) -> None:
    """As in a migration under a running service: the plan that the connection knows is no longer one."""
    await database.single_statement(TWICE, {"value": "7"})
    await database.single_statement(EVERYTHING, {})
    async with committed_superuser.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE once ALTER COLUMN value TYPE integer USING CAST(value AS integer)"))
    with pytest.raises(DBAPIError):
        await database.single_statement(EVERYTHING, {})
    [row] = await database.single_statement(EVERYTHING, {})
    assert row.value == 7


async def test_of_two_that_store_the_same_one_does(committed: MigratedDatabase, database: Database) -> None:
    others = [Database.connect(committed.app_url, pool_size=1) for _ in range(4)]
    stored = await asyncio.gather(
        *(each.single_statement(TWICE, {"value": "x"}) for each in others), return_exceptions=True
    )
    assert sorted(isinstance(each, IntegrityError) for each in stored) == [False, True, True, True]
    assert len(await database.single_statement(EVERYTHING, {})) == 1
    for each in others:
        await each.close()


async def test_a_statement_whose_text_depends_on_its_values_is_refused(database: Database) -> None:
    among = select(column("a")).where(column("a").in_(bindparam("values", expanding=True)))
    with pytest.raises(TypeError):
        await database.single_statement(among, {"values": [1, 2]})
