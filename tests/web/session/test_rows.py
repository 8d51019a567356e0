"""Row-level security: a session is visible to nobody but the holder of its cookie."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from afterglow_foundation.database import RowContext
from afterglow_foundation.migrations import downgrade, upgrade
from afterglow_foundation.testing.databases import MigratedDatabase, RolledBackDatabase, unsecured_tables
from afterglow_foundation.testing.people import Person
from afterglow_web.session.cookies import CookieSecret
from afterglow_web.session.models import WebSession, now
from afterglow_web.session.store import cookie_work, sweep
from afterglow_web.tables import Base
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col

from tests.web.browser import Browser


async def test_every_table_is_secured(database: RolledBackDatabase) -> None:
    async with database.arrange() as session:
        assert await unsecured_tables(session) <= {"public.alembic_version"}


async def test_nobody_sees_a_session_without_its_cookie(
    browser: Browser, admin: Person, database: RolledBackDatabase
) -> None:
    await browser.sign_in(admin)
    other_cookie = CookieSecret.new().hash
    for context in (RowContext(), RowContext(admin.id, "admin")):
        async with cookie_work(database, other_cookie, context) as work:
            assert (await work.execute(select(WebSession))).first() is None
            renamed = await work.execute(update(WebSession).values(name="x").returning(col(WebSession.id)))
            assert renamed.first() is None
            deleted = await work.execute(delete(WebSession).returning(col(WebSession.id)))
            assert deleted.first() is None


async def test_only_what_is_long_over_may_go(browser: Browser, admin: Person, database: RolledBackDatabase) -> None:
    await browser.sign_in(admin)
    async with database.arrange() as work:
        await work.execute(update(WebSession).values(expires_at=now() - timedelta(hours=25)))
    await sweep(database)
    async with database.arrange() as work:
        assert (await work.execute(select(WebSession))).first() is None


async def test_models_equal_migrations(superuser_engine: AsyncEngine) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"include_schemas": True, "compare_type": True})
        found = compare_metadata(context, Base.metadata)
        return [one for one in found if "alembic_version" not in str(one)]

    async with superuser_engine.connect() as connection:
        assert await connection.run_sync(differences) == []


def test_down_and_up(make_database: Callable[[str, str], MigratedDatabase]) -> None:
    made = make_database("web", "stairs")

    def walk() -> None:
        downgrade("afterglow_web", made.urls["web_owner"])
        upgrade("afterglow_web", made.urls["web_owner"])

    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(walk).result()
