"""web's copy of the practice's settings: it follows auth's feed, and every page shows it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.events import EventType
from afterglow_foundation.security_events.facts import PracticeFact
from afterglow_foundation.security_events.polling import Snapshot
from afterglow_foundation.security_events.tokens import Event
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_web.events.receiving import COPY
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.transmitter import now
from tests.web.browser import Browser, words

ID = new_id()


def fact(at: datetime, version: int = 1, **document: Any) -> PracticeFact:
    return PracticeFact(id=ID, as_of=at, version=version, document=document)


def snapshot(practice: PracticeFact | None, at: datetime | None = None) -> Snapshot:
    nothing: dict[str, Any] = {"people": [], "care_relationships": [], "grants": [], "revoked_sessions": []}
    return Snapshot(taken_at=at or now(), practice=practice, **nothing)


@asynccontextmanager
async def worker(database: RolledBackDatabase, app: FastAPI) -> AsyncIterator[AsyncSession]:
    async with database.as_role("web_worker"), database.sessions() as session, session.begin():
        yield session
    app.state.practice.forget()  # as after the two seconds for which a page may be behind


async def told(database: RolledBackDatabase, app: FastAPI, saved: PracticeFact) -> None:
    async with worker(database, app) as session:
        await COPY.apply(session, Event(new_id(), EventType.practice, saved.id, None, saved.as_of, saved))


async def test_an_event_shows_on_the_next_page(browser: Browser, app: FastAPI, database: RolledBackDatabase) -> None:
    assert "Quiet Harbour" not in words(await browser.get("/help"))
    await told(database, app, fact(now(), name="Quiet Harbour", telephone="+1 555 010-0142"))
    page = await browser.get("/help")
    assert "Quiet Harbour" in words(page)
    assert "tel:+15550100142" in page.text


async def test_an_older_event_that_comes_late_changes_nothing(
    browser: Browser, app: FastAPI, database: RolledBackDatabase
) -> None:
    await told(database, app, fact(now(), version=2, name="Quiet Harbour"))
    await told(database, app, fact(now() - timedelta(minutes=1), name="Loud Harbour"))
    assert "Quiet Harbour" in words(await browser.get("/help"))


async def test_a_snapshot_brings_it_and_one_without_it_takes_it_away(
    browser: Browser, app: FastAPI, database: RolledBackDatabase
) -> None:
    async with worker(database, app) as session:
        await COPY.take_over(session, snapshot(fact(now(), name="Quiet Harbour")))
    assert "Quiet Harbour" in words(await browser.get("/help"))
    async with worker(database, app) as session:
        await COPY.take_over(session, snapshot(None, now() + timedelta(seconds=1)))
    assert "Quiet Harbour" not in words(await browser.get("/help"))


async def test_what_a_newer_auth_says_besides_is_left_alone(
    browser: Browser, app: FastAPI, database: RolledBackDatabase
) -> None:
    await told(database, app, fact(now(), name="Quiet Harbour", motto="x"))
    assert "Quiet Harbour" in words(await browser.get("/help"))


async def test_pages_still_open_when_the_copy_makes_no_sense(
    browser: Browser, app: FastAPI, database: RolledBackDatabase
) -> None:
    await told(database, app, fact(now(), name=""))
    assert (await browser.get("/help")).status_code == 200


async def test_the_pages_role_cannot_change_it(database: RolledBackDatabase) -> None:
    async with database.arrange() as session:
        asked = "SELECT privilege_type FROM information_schema.table_privileges WHERE grantee = 'web_app'"
        found = await session.scalars(text(asked + " AND table_name = 'practice'"))
        assert set(found) == {"SELECT"}
