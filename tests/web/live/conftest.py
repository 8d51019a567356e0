"""The app with its lifespan, on a database that really commits: streams are woken and ended from elsewhere."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database
from afterglow_foundation.testing.databases import MigratedDatabase
from afterglow_foundation.testing.people import Person
from afterglow_web.live.lifespan import live
from fastapi import FastAPI
from pydantic import SecretStr

from tests.web.browser import Browser
from tests.web.fake_auth import FakeAuth
from tests.web.fake_messaging import FakeConversation, FakeMessaging
from tests.web.live.streaming import EventSource

Open = Callable[..., Awaitable[EventSource]]


@pytest.fixture
def person() -> Person:
    """Somebody of this test alone."""
    return Person(Role.client, "Wren Solano")


@pytest.fixture
def conversation(messaging: FakeMessaging, person: Person, therapist: Person) -> FakeConversation:
    return messaging.open(person, therapist, "How was the week?")


@pytest_asyncio.fixture(loop_scope="session")
async def live_app(
    make_app: Callable[..., FastAPI], committed_database: Database, committed: MigratedDatabase
) -> AsyncIterator[FastAPI]:
    app = make_app(committed_database, database_url=SecretStr(committed.app_url))
    async with live(app):
        yield app


@pytest_asyncio.fixture(loop_scope="session")
async def signed_in(live_app: FastAPI, auth: FakeAuth, person: Person) -> AsyncIterator[Browser]:
    browser = Browser(live_app, auth)
    await browser.open_signed_in(person)
    yield browser
    await browser.http.aclose()


@pytest_asyncio.fixture(loop_scope="session")
async def open_stream(live_app: FastAPI, signed_in: Browser) -> AsyncIterator[Open]:
    """Open a stream with the person's cookie; all are closed at the end."""
    async with AsyncExitStack() as stack:

        async def open_one(address: str = "/live", **headers: str) -> EventSource:
            source = EventSource(live_app, signed_in.cookie, address, **headers)
            stack.push_async_callback(source.close)
            await source.begun()
            return source

        yield open_one
