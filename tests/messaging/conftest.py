"""Messaging with two clients, each in care with a therapist of their own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio
from afterglow_foundation.database import Database
from afterglow_foundation.testing.databases import MigratedDatabase, RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer
from afterglow_messaging.main import create
from afterglow_messaging.settings import Settings
from fastapi import FastAPI

from tests.messaging.machine.world import World
from tests.messaging.practice import KEY, Pair, Practice


@pytest.fixture(scope="session")
def migrated(make_database: Callable[[str, str], MigratedDatabase]) -> MigratedDatabase:
    return make_database("messaging", "unit")


@pytest.fixture(scope="session")
def committed(make_database: Callable[[str, str], MigratedDatabase]) -> MigratedDatabase:
    return make_database("messaging", "committed")


@pytest.fixture(scope="session")
def settings(settings_values: dict[str, Any]) -> Settings:
    return Settings(**settings_values, client_id="messaging", client_private_key=KEY)


@pytest.fixture
def app(settings: Settings, database: RolledBackDatabase, issuer: TestIssuer) -> FastAPI:
    return create(settings, database=database, keys=issuer.keys())


@pytest.fixture
def practice(app: FastAPI, issuer: TestIssuer, database: RolledBackDatabase) -> Practice:
    """Everything in it is rolled back."""
    return Practice(app, issuer, database)


@pytest.fixture
def committed_practice(
    settings: Settings, committed_database: Database, committed_superuser: Database, issuer: TestIssuer
) -> Practice:
    """For races: a real pool, real commits."""
    app = create(settings, database=committed_database, keys=issuer.keys())
    return Practice(app, issuer, committed_superuser)


@pytest_asyncio.fixture(loop_scope="session")
async def pair(practice: Practice, client_person: Person, therapist: Person) -> Pair:
    return await practice.pair_up(client_person, therapist)


@pytest_asyncio.fixture(loop_scope="session")
async def other_pair(practice: Practice, other_client: Person, other_therapist: Person) -> Pair:
    return await practice.pair_up(other_client, other_therapist)


@pytest_asyncio.fixture(loop_scope="session")
async def committed_pair(committed_practice: Practice, client_person: Person, therapist: Person) -> Pair:
    return await committed_practice.pair_up(client_person, therapist)


@pytest.fixture
def world(settings_values: dict[str, Any], committed: MigratedDatabase, issuer: TestIssuer) -> Iterator[World]:
    """For state machines: the service in two copies, driven from outside of any loop."""
    own = {"database_url": committed.app_url, "client_private_key": KEY}
    with World.running(Settings(**settings_values | own, client_id="messaging"), committed, issuer) as running:
        yield running
