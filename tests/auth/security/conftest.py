"""A client and somebody of the staff at their security pages."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI

from tests.auth.arranging import Browser, Program, open_browser
from tests.auth.security.visiting import Visitor


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(
    app: FastAPI, browser: Browser, person: Person, web: Program, database: RolledBackDatabase
) -> Visitor:
    return await Visitor.of(app, browser, person, web, database)


@pytest_asyncio.fixture(loop_scope="session")
async def stranger(
    app: FastAPI, staff: dict[str, Person], web: Program, database: RolledBackDatabase
) -> AsyncIterator[Visitor]:
    """Somebody else, in a browser of their own."""
    async with open_browser(app, "203.0.113.5") as client:
        yield await Visitor.of(app, Browser(client), staff["therapist"], web, database)


@pytest.fixture
def strict(stranger: Visitor, monkeypatch: pytest.MonkeyPatch) -> Visitor:
    """A therapist of a practice that asks its staff for a second step, who signed in before it did."""
    stricter = stranger.provider.settings.model_copy(update={"mfa_required_for_staff": True})
    monkeypatch.setattr(stranger.app.state, "provider", replace(stranger.provider, settings=stricter))
    return stranger
