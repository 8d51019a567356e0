"""The migrations make exactly what the models say, and can be taken back and made again."""

import asyncio
from collections.abc import Callable

from afterglow_foundation.migrations import downgrade, upgrade
from afterglow_foundation.testing.databases import MigratedDatabase, RolledBackDatabase
from afterglow_messaging.messages.models import TransactionId
from afterglow_messaging.tables import Base
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.ext.asyncio import create_async_engine

CONSTRAINTS = text("""
    SELECT conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
    WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'u', 'f', 'c') AND relname = ANY(:tables)
""")
WHAT_IS_THERE = text("""
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('public', 'keys') AND c.relkind IN ('r', 'v', 'S')
    UNION ALL SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public'
    UNION ALL SELECT nspname FROM pg_namespace WHERE nspname = 'keys'
""")


def differences(connection: Connection) -> list[object]:
    ischema_names["xid8"] = TransactionId  # a type that SQLAlchemy does not know by itself
    context = MigrationContext.configure(connection, opts={"include_schemas": True, "compare_type": True})
    return list(compare_metadata(context, Base.metadata))


async def test_head_equals_the_models(database: RolledBackDatabase) -> None:
    async with database.as_role("none"):
        assert await database.connection.run_sync(differences) == []


async def test_constraints_have_the_names_that_the_models_give_them(database: RolledBackDatabase) -> None:
    """Autogenerate compares neither the names of primary keys nor checks."""
    tables = ["people", "care_relationships", "conversations", "messages", "read_marks"]
    named = {str(constraint.name) for name in tables for constraint in Base.metadata.tables[name].constraints}
    found = await database.connection.execute(CONSTRAINTS, {"tables": tables})
    assert set(found.scalars()) == named


async def test_everything_goes_and_comes_back(make_database: Callable[[str, str], MigratedDatabase]) -> None:
    made = make_database("messaging", "migrations")
    owner = made.urls["messaging_owner"]
    engine = create_async_engine(made.superuser_url)
    async with engine.connect() as connection:
        before = sorted((await connection.execute(WHAT_IS_THERE)).scalars())
    await asyncio.to_thread(downgrade, "afterglow_messaging", owner)
    async with engine.connect() as connection:
        assert list((await connection.execute(WHAT_IS_THERE)).scalars()) == ["alembic_version"]
    await asyncio.to_thread(upgrade, "afterglow_messaging", owner)
    async with engine.connect() as connection:
        assert sorted((await connection.execute(WHAT_IS_THERE)).scalars()) == before
        assert await connection.run_sync(differences) == []
    await engine.dispose()
