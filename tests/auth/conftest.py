"""Auth with a database, people who can sign in, and programs that may ask them to."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.main import create
from afterglow_auth.settings import Settings
from afterglow_auth.sign_in import back_off
from afterglow_design.languages import add_package
from afterglow_foundation.database import Database
from afterglow_foundation.testing.databases import MigratedDatabase, RolledBackDatabase
from fastapi import FastAPI

from tests.auth.arranging import HASHING_KEY, Browser, Desk, Program, Scene, add_person, open_browser
from tests.auth.hashing import cheap_hashing, true_hashing

__all__ = ["cheap_hashing", "true_hashing"]

FIRST_WAIT = back_off.FIRST_WAIT
MakeDatabase = Callable[[str, str], MigratedDatabase]

add_package("afterglow_auth")  # for tests of words without an app


@pytest.fixture(autouse=True)
def first_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has tried too often waits so long that no machine is too slow to be refused meanwhile."""
    monkeypatch.setattr(back_off, "FIRST_WAIT", back_off.LONGEST_WAIT)


@pytest.fixture
def true_first_wait(first_wait: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001  # which this one undoes
    monkeypatch.setattr(back_off, "FIRST_WAIT", FIRST_WAIT)


@pytest.fixture(scope="session")
def migrated(make_database: MakeDatabase) -> MigratedDatabase:
    return make_database("auth", "unit")


@pytest.fixture(scope="session")
def committed(make_database: MakeDatabase) -> MigratedDatabase:
    return make_database("auth", "committed")


@pytest.fixture(scope="session")
def settings(settings_values: dict[str, Any]) -> Settings:
    return Settings(**settings_values, token_hashing_key=HASHING_KEY, mfa_required_for_staff=False)


@pytest.fixture
def app(settings: Settings, database: RolledBackDatabase) -> FastAPI:
    return create(settings, database=database)


@pytest.fixture
def committed_app(settings: Settings, committed_database: Database) -> FastAPI:
    """The app on a real pool, for races and faults."""
    return create(settings, database=committed_database)


@pytest_asyncio.fixture(loop_scope="session")
async def browser(app: FastAPI) -> AsyncIterator[Browser]:
    async with open_browser(app) as client:
        yield Browser(client)


@pytest_asyncio.fixture(loop_scope="session")
async def other_browser(app: FastAPI) -> AsyncIterator[Browser]:
    async with open_browser(app, "198.51.100.9") as client:
        yield Browser(client)


@pytest_asyncio.fixture(loop_scope="session")
async def person(database: RolledBackDatabase) -> Person:
    """A client of the practice."""
    async with database.arrange() as session:
        return await add_person(session, "client", email="Rowan@Example.org", time_zone="Europe/Berlin")


@pytest_asyncio.fixture(loop_scope="session")
async def staff(database: RolledBackDatabase) -> dict[str, Person]:
    """A therapist and an admin."""
    async with database.arrange() as session:
        return {role: await add_person(session, role, name=f"The {role}") for role in ("therapist", "admin")}


@pytest_asyncio.fixture(loop_scope="session")
async def web(database: RolledBackDatabase) -> Program:
    """A confidential client."""
    async with database.arrange() as session:
        return await Program("web").register(session)


@pytest_asyncio.fixture(loop_scope="session")
async def desk(browser: Browser, staff: dict[str, Person], web: Program) -> Desk:
    """The admin, signed in."""
    return await Desk.of(browser, staff["admin"], web)


@pytest_asyncio.fixture(loop_scope="session")
async def other_desk(other_browser: Browser, database: RolledBackDatabase, web: Program) -> Desk:
    """Another admin, signed in at another browser."""
    async with database.arrange() as session:
        colleague = await add_person(session, "admin", name="The other admin")
    return await Desk.of(other_browser, colleague, web)


@pytest.fixture
def scene(browser: Browser, person: Person, web: Program, database: RolledBackDatabase) -> Scene:
    return Scene(browser, person, web, database)


@pytest_asyncio.fixture(loop_scope="session")
async def public(database: RolledBackDatabase) -> Program:
    """A public client."""
    async with database.arrange() as session:
        return await Program("demo-public", "http://127.0.0.1:8765/callback", kind="public").register(session)


@pytest_asyncio.fixture(loop_scope="session")
async def service(database: RolledBackDatabase) -> Program:
    """A service of Afterglow."""
    async with database.arrange() as session:
        return await Program("portal", kind="service", scopes="security_events").register(session)
