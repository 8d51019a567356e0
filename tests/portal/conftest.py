"""Portal in tests: its database, its app, people who are known to it, and check-ins to send."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database
from afterglow_foundation.testing.databases import MigratedDatabase, RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from afterglow_portal.main import create
from afterglow_portal.settings import Settings
from fastapi import FastAPI
from joserfc.jwk import ECKey

from tests.portal.arranging import assign, introduce

Open = Callable[[Person], AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture(scope="session")
def migrated(make_database: Callable[[str, str], MigratedDatabase]) -> MigratedDatabase:
    return make_database("portal", "unit")


@pytest.fixture(scope="session")
def committed(make_database: Callable[[str, str], MigratedDatabase]) -> MigratedDatabase:
    return make_database("portal", "committed")


@pytest.fixture(scope="session")
def settings(settings_values: dict[str, Any]) -> Settings:
    key = ECKey.generate_key("P-256", {"kid": "portal-test"}, auto_kid=False)
    return Settings(**settings_values, client_id="portal", client_private_key=json.dumps(key.as_dict(private=True)))


@pytest.fixture
async def known(
    *,
    database: RolledBackDatabase,
    client_person: Person,
    other_client: Person,
    therapist: Person,
    other_therapist: Person,
    admin: Person,
) -> None:
    """Everybody is known; the client is in the therapist's care, the other client in nobody's."""
    async with database.arrange() as session:
        await introduce(session, client_person, other_client, therapist, other_therapist, admin)
        await assign(session, client_person, therapist)


@pytest.fixture
def app(settings: Settings, database: RolledBackDatabase, issuer: TestIssuer, known: None) -> FastAPI:  # noqa: ARG001  # asked for what it puts in place
    return create(settings, database=database, keys=issuer.keys())


@pytest.fixture
def signed_in(app: FastAPI, issuer: TestIssuer) -> Open:
    """An HTTP client for a person: `async with signed_in(person) as http`."""
    return lambda person: open_client(app, issuer.token(person, "portal"))


@pytest.fixture
async def as_client(signed_in: Open, client_person: Person) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(client_person) as http:
        yield http


@pytest.fixture
async def as_therapist(signed_in: Open, therapist: Person) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(therapist) as http:
        yield http


@pytest.fixture
async def committed_people(committed_superuser: Database) -> tuple[Person, Person]:
    """A client and their therapist of this test alone, whose rows stay."""
    client, therapist = Person(Role.client, "Sage Moreno"), Person(Role.therapist, "Dr Ines Falk")
    async with committed_superuser.sessions() as session, session.begin():
        await introduce(session, client, therapist)
        await assign(session, client, therapist)
    return client, therapist


@pytest.fixture
def committed_app(settings: Settings, committed_database: Database, issuer: TestIssuer) -> FastAPI:
    return create(settings, database=committed_database, keys=issuer.keys())
