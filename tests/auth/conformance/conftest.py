"""The suite's clients, and the person who signs in for it."""

import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_foundation.testing.databases import RolledBackDatabase

from tests.auth.arranging import Browser, Program
from tests.auth.conformance.fapi import FapiSuite
from tests.auth.conformance.suite import Suite


@pytest.fixture
def suite(browser: Browser, person: Person, web: Program, database: RolledBackDatabase) -> Suite:
    return Suite(browser, person, web, database)


@pytest_asyncio.fixture(loop_scope="session")
async def second_client(database: RolledBackDatabase) -> Program:
    """The other client that some modules need."""
    async with database.arrange() as session:
        return await Program("second", "http://127.0.0.1:8766/callback").register(session)


@pytest_asyncio.fixture(loop_scope="session")
async def fapi(browser: Browser, person: Person, database: RolledBackDatabase) -> FapiSuite:
    """The suite with a client that is held to the FAPI 2.0 security profile."""
    async with database.arrange() as session:
        held = {"must_push": True, "must_prove_key": True}
        client = await Program("fapi", "https://suite.example/callback", **held).register(session)
        other = await Program("fapi-2", "https://suite.example/second", **held).register(session)
    return FapiSuite(browser, person, client, database, second=other)
