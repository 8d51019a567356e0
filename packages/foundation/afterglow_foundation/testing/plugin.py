"""The pytest plugin. A workspace's own conftest starts PostgreSQL and says which service a folder tests.

It must offer two session fixtures: `migrated` (a MigratedDatabase) and `committed` (a second one, for tests that
need real commits, such as races).
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database
from afterglow_foundation.testing.databases import MigratedDatabase, RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL, Person, TestIssuer


@pytest.fixture(scope="session")
def issuer() -> TestIssuer:
    """Stands for auth."""
    return TestIssuer()


@pytest.fixture(scope="session")
def settings_values() -> dict[str, Any]:
    """Values for any service's settings in tests; a service adds its own."""
    return {
        "environment": "development",
        "base_url": BASE_URL,
        "auth_url": "http://127.0.0.1:1",
        "database_url": "postgresql+asyncpg://unused",
        "worker_database_url": "postgresql+asyncpg://unused",
        "key_encryption_keys": '{"1": "' + "A" * 43 + '="}',
        "log_level": "error",
    }


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def engines() -> AsyncIterator[dict[str, AsyncEngine]]:
    """One engine for each database, by URL. A run meets several: each service's folder has its own `migrated`."""
    opened: dict[str, AsyncEngine] = {}
    yield opened
    for engine in opened.values():
        await engine.dispose()


@pytest.fixture
def superuser_engine(migrated: MigratedDatabase, engines: dict[str, AsyncEngine]) -> AsyncEngine:
    """Not of session scope: it would stay with the first service that asked."""
    url = migrated.superuser_url
    if url not in engines:
        engines[url] = create_async_engine(url)
    return engines[url]


@pytest_asyncio.fixture(loop_scope="session")
async def database(superuser_engine: AsyncEngine, migrated: MigratedDatabase) -> AsyncIterator[RolledBackDatabase]:
    """The service's database as its app role; everything a test does is rolled back."""
    role = f"{migrated.service}_app"
    async with superuser_engine.connect() as connection:
        transaction = await connection.begin()
        await connection.execute(text(f"SET LOCAL ROLE {role}"))
        yield RolledBackDatabase(connection, role)
        await transaction.rollback()


@pytest_asyncio.fixture(loop_scope="session")
async def committed_database(committed: MigratedDatabase) -> AsyncIterator[Database]:
    """A real pool of the app role whose commits stay: for races and faults. Use people of your own."""
    database = Database.connect(committed.app_url)
    yield database
    await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def committed_superuser(committed: MigratedDatabase) -> AsyncIterator[Database]:
    """The same database above row-level security, for putting rows in place and for looking at them."""
    database = Database.connect(committed.superuser_url, pool_size=2)
    yield database
    await database.close()


@pytest.fixture
def client_person() -> Person:
    return Person(Role.client, "Rowan Hale")


@pytest.fixture
def other_client() -> Person:
    return Person(Role.client, "Noor Aziz")


@pytest.fixture
def therapist() -> Person:
    return Person(Role.therapist, "Dr Imani Okafor")


@pytest.fixture
def other_therapist() -> Person:
    return Person(Role.therapist, "Dr Tomas Lind")


@pytest.fixture
def admin() -> Person:
    return Person(Role.admin, "Jules Park")
