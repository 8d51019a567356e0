"""Migrations run under a lock time-out, as the owner, and say which one is the newest."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from afterglow_foundation import migrations, revisions
from afterglow_foundation.ddl import clause
from afterglow_foundation.testing.databases import MigratedDatabase, unsecured_tables
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

PACKAGE = "afterglow_messaging"


@pytest.fixture(scope="module")
def scratch(make_database: Callable[[str, str], MigratedDatabase]) -> MigratedDatabase:
    return make_database("messaging", "lockstep")


async def test_a_migration_does_not_wait_long_for_a_lock(
    scratch: MigratedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting longer would queue every request behind it. What it had done is taken back."""
    assert migrations.LOCK_TIMEOUT == "5s"
    monkeypatch.setattr(migrations, "LOCK_TIMEOUT", "200ms")
    owner = scratch.urls["messaging_owner"]
    engine = create_async_engine(scratch.superuser_url)
    async with engine.begin() as busy:
        await busy.execute(text("LOCK TABLE people IN ACCESS SHARE MODE"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            await asyncio.to_thread(migrations.downgrade, PACKAGE, owner)
        tables = await busy.execute(
            text("SELECT count(*) FROM pg_tables WHERE tablename IN ('people', 'audit_events')")
        )
        assert tables.scalar() == 2
    await engine.dispose()


async def test_migrating_again_changes_nothing(scratch: MigratedDatabase) -> None:
    await asyncio.to_thread(migrations.upgrade, PACKAGE, scratch.urls["messaging_owner"])


async def test_the_app_role_cannot_migrate(scratch: MigratedDatabase) -> None:
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
        await asyncio.to_thread(migrations.downgrade, PACKAGE, scratch.app_url)


async def test_the_app_role_reads_the_revision_and_no_more(scratch: MigratedDatabase) -> None:
    engine = create_async_engine(scratch.app_url)
    async with engine.connect() as connection:
        found = await connection.scalar(text("SELECT version_num FROM alembic_version"))
        assert found == revisions.newest(PACKAGE)
        with pytest.raises(DBAPIError, match="permission denied"):
            await connection.execute(text("DELETE FROM alembic_version"))
    await engine.dispose()


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The versions folder of a made-up package."""
    folder = tmp_path / "migrations" / "versions"
    folder.mkdir(parents=True)
    monkeypatch.setattr(revisions, "migrations_folder", lambda _: folder.parent)
    return folder


def put(folder: Path, name: str, revision: str, down: str | None) -> None:
    builds_on = f'"{down}"' if down else "None"
    (folder / f"{name}.py").write_text(
        f'"""revision = "9"."""\n\nrevision = "{revision}"\ndown_revision = {builds_on}\n'
    )


def test_the_newest_revision_is_the_one_nothing_builds_on(versions: Path) -> None:
    assert revisions.newest("made_up") is None
    put(versions, "0001_b", "0001", None)
    assert revisions.newest("made_up") == "0001"
    put(versions, "0002_a", "0002", "0001")
    put(versions, "0003_c", "0003", "0002")
    assert revisions.newest("made_up") == "0003"


def test_two_newest_revisions_are_a_mistake(versions: Path) -> None:
    put(versions, "a", "0001", None)
    put(versions, "b", "0002", "0001")
    put(versions, "c", "0003", "0001")
    with pytest.raises(ValueError, match="several"):
        revisions.newest("made_up")


def test_a_package_that_is_not_there_is_said() -> None:
    with pytest.raises(LookupError, match="afterglow_nowhere"):
        revisions.newest("afterglow_nowhere")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("SELECT", "USING (mine)"),
        ("DELETE", "USING (mine)"),
        ("INSERT", "WITH CHECK (mine)"),
        ("UPDATE", "USING (mine) WITH CHECK (mine)"),
    ],
)
def test_a_policy_checks_what_its_command_reads_and_writes(command: str, expected: str) -> None:
    assert clause(command, "mine") == expected


@pytest.mark.parametrize("command", ["ALL", "select", "TRUNCATE", ""])
def test_no_policy_is_for_everything_at_once(command: str) -> None:
    with pytest.raises(ValueError, match="unknown command"):
        clause(command, "mine")


@pytest.mark.parametrize(
    "left_out",
    [
        "ALTER TABLE people DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE people NO FORCE ROW LEVEL SECURITY",
        "CREATE TABLE bare (); ALTER TABLE bare ENABLE ROW LEVEL SECURITY; ALTER TABLE bare FORCE ROW LEVEL SECURITY",
        "CREATE TABLE keys.plain (id int)",
    ],
)
async def test_the_introspection_finds_a_table_that_is_not_secured(scratch: MigratedDatabase, left_out: str) -> None:
    engine = create_async_engine(scratch.superuser_url)
    async with engine.connect() as connection, connection.begin() as transaction, AsyncSession(connection) as session:
        assert await unsecured_tables(session) == {"public.alembic_version"}
        for statement in left_out.split("; "):
            await connection.execute(text(statement))
        assert len(await unsecured_tables(session)) == 2
        await transaction.rollback()
    await engine.dispose()
