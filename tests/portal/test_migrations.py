"""Migrations: head is what the models say; down takes everything away and up brings it back."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from afterglow_foundation.migrations import downgrade, upgrade
from afterglow_foundation.testing.databases import MigratedDatabase
from afterglow_portal.tables import TABLES, metadata
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

LEFT = text("""
    SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v') AND n.nspname IN ('public', 'keys')
    UNION ALL
    SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public'
    UNION ALL
    SELECT nspname FROM pg_namespace WHERE nspname = 'keys'
""")
ERASED = text("""
    INSERT INTO check_ins (client_id, id, items, words, tags, felt_at, time_zone, local_date, visibility, back_dated,
                           entered_at, origin, version, body_digest, erased_at)
    VALUES (gen_random_uuid(), gen_random_uuid(), '{}', '{}', '{}', now(), 'UTC', current_date, 'only_me', false,
            now(), 'spontaneous', 1, '', now())
""")


def differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"include_schemas": True, "compare_type": True})
    return [
        difference for difference in compare_metadata(context, metadata) if "alembic_version" not in str(difference)
    ]


async def test_head_equals_the_models(superuser_engine: AsyncEngine):
    async with superuser_engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    assert len(metadata.tables) == len(TABLES)


async def test_up_down_up(make_database: Callable[[str, str], MigratedDatabase]):
    made = make_database("portal", "migrations")
    engine = create_async_engine(made.superuser_url)
    async with engine.begin() as connection:
        await connection.execute(ERASED)
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(downgrade, "afterglow_portal", made.urls["portal_owner"]).result()
        async with engine.connect() as connection:
            assert set((await connection.execute(LEFT)).scalars()) == {"public.alembic_version"}
        elsewhere.submit(upgrade, "afterglow_portal", made.urls["portal_owner"]).result()
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()
