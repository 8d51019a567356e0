"""What auth tells, as web takes it over: sessions end, and the others learn of another name, zone or role."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.events import AccountEvent, EventType
from afterglow_foundation.security_events.polling import RevokedSession, Snapshot
from afterglow_foundation.security_events.receiver import Receiver
from afterglow_foundation.security_events.tokens import Event
from afterglow_foundation.testing.databases import MigratedDatabase, RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer
from afterglow_web.events.receiving import BOOKS, COPY
from afterglow_web.session.models import WebSession
from afterglow_web.settings import Settings
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tests.transmitter import Transmitter, now, person_fact, somebody
from tests.web.browser import Browser
from tests.web.fake_auth import FakeAuth

LATER = timedelta(minutes=5)


@asynccontextmanager
async def worker(database: RolledBackDatabase) -> AsyncIterator[AsyncSession]:
    async with database.as_role("web_worker"), database.sessions() as session, session.begin():
        yield session


def revoked(person: Person, session_id: UUID | None = None) -> RevokedSession:
    return RevokedSession(session_id=session_id or person.session_id, person_id=person.id, revoked_at=now())


async def sessions_of(database: RolledBackDatabase, person: Person) -> list[WebSession]:
    async with database.arrange() as session:
        mine = select(WebSession).where(col(WebSession.person_id) == person.id)
        return list(await session.scalars(mine.order_by(col(WebSession.created_at))))


async def test_a_revoked_session_ends_with_its_tokens_and_leads_to_sign_in(
    browser: Browser, other_browser: Browser, client_person: Person, database: RolledBackDatabase
):
    await browser.sign_in(client_person)
    elsewhere = Person(Role.client, client_person.name, client_person.id)  # in another session of auth's
    await other_browser.sign_in(elsewhere)
    async with worker(database) as session:
        await COPY.apply_revoked(session, [revoked(client_person)])
    first, second = await sessions_of(database, client_person)
    assert first.ended_at
    assert (first.access_token, first.refresh_token, first.id_token) == (None, None, None)
    assert second.ended_at is None
    assert (await browser.get("/check-ins")).headers["location"].startswith("/sign-in")
    assert (await other_browser.get("/check-ins")).status_code == 200


async def test_a_session_that_is_made_after_its_end_was_told_is_none(
    browser: Browser, client_person: Person, database: RolledBackDatabase
):
    """The code was redeemed, then auth ended the session and told so, then web made its own."""
    async with worker(database) as session:
        await COPY.apply_revoked(session, [revoked(client_person)])
    await browser.sign_in(client_person)
    assert (await browser.get("/check-ins")).headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("kind", [EventType.account_disabled, EventType.account_purged, EventType.person])
async def test_a_closed_account_is_signed_out_of_every_browser(
    *, browser: Browser, other_browser: Browser, client_person: Person, other_client: Person,
    database: RolledBackDatabase, kind: EventType,
):  # fmt: skip
    await browser.sign_in(client_person)
    await other_browser.sign_in(other_client)
    payload = person_fact(client_person, disabled_at=now()) if kind == EventType.person else AccountEvent()
    async with worker(database) as session:
        await COPY.apply(session, Event(new_id(), kind, client_person.id, None, now(), payload))
    assert (await browser.get("/check-ins")).headers["location"].startswith("/sign-in")
    assert (await other_browser.get("/check-ins")).status_code == 200


async def test_a_form_that_arrives_after_the_end_is_kept(
    browser: Browser, client_person: Person, database: RolledBackDatabase
):
    await browser.sign_in(client_person)
    await browser.get("/")
    async with worker(database) as session:
        await COPY.apply_revoked(session, [revoked(client_person)])
    answer = await browser.post("/check-ins", {"id": str(new_id()), "mood": "1", "visibility": "only_me"})
    assert answer.headers["location"].startswith("/sign-in?next=%2F%3Fkept%3D")


async def test_another_name_zone_and_role_are_taken_over_and_older_words_are_not(
    browser: Browser, client_person: Person, database: RolledBackDatabase
):
    await browser.sign_in(client_person)
    (before,) = await sessions_of(database, client_person)
    changed = person_fact(client_person, name="Rowan Vale", time_zone="Asia/Tokyo", as_of=now() + LATER)
    async with worker(database) as session:
        await COPY.apply_people(session, [changed])
        await COPY.apply_people(session, [person_fact(client_person, name="Older", as_of=now() - LATER)])
        await COPY.apply_people(session, [person_fact(client_person, name="Between", as_of=now())])
    (after,) = await sessions_of(database, client_person)
    assert (after.name, after.time_zone, after.role) == ("Rowan Vale", "Asia/Tokyo", "client")
    assert after.access_expires_at == before.access_expires_at


async def test_with_another_role_the_next_request_asks_for_another_token(
    browser: Browser, client_person: Person, database: RolledBackDatabase, auth: FakeAuth
):
    await browser.sign_in(client_person)
    promoted = person_fact(client_person, role="therapist", as_of=now() + LATER)
    async with worker(database) as session:
        await COPY.apply_people(session, [promoted])
    asked = len(auth.requests)
    assert (await browser.get("/check-ins")).status_code == 403
    await browser.get("/caseload")
    assert [one["grant_type"] for one in auth.requests[asked:]] == ["refresh_token"]


async def test_a_snapshot_ends_sessions_of_whom_it_does_not_name(
    browser: Browser, other_browser: Browser, client_person: Person, admin: Person, database: RolledBackDatabase
):
    await browser.sign_in(client_person)
    await other_browser.sign_in(admin)
    taken = Snapshot(
        taken_at=now() + timedelta(seconds=1), people=[person_fact(admin)], care_relationships=[], grants=[],
        revoked_sessions=[],
    )  # fmt: skip
    for _ in range(2):
        async with worker(database) as session:
            await COPY.take_over(session, taken)
    assert [one.ended_at is None for one in await sessions_of(database, client_person)] == [False]
    assert [one.ended_at is None for one in await sessions_of(database, admin)] == [True]
    empty = taken.model_copy(update={"people": [], "taken_at": now() - LATER})
    async with worker(database) as session:
        await COPY.take_over(session, empty)  # older than the sessions: it cannot know of them
    assert [one.ended_at is None for one in await sessions_of(database, admin)] == [True]


@pytest.mark.parametrize("column", ["cookie_hash", "access_token", "refresh_token", "id_token", "csrf_secret"])
async def test_the_worker_reads_nothing_that_proves_anything(database: RolledBackDatabase, column: str):
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with worker(database) as session:
            await session.execute(text(f"SELECT {column} FROM web_sessions"))  # noqa: S608  # a column listed above


async def test_staff_are_told_to_come_back_while_the_feed_is_stale_but_may_sign_out(
    app: FastAPI, browser: Browser, admin: Person
):
    await browser.sign_in(admin)
    await browser.get("/people")
    app.state.feed.begin()
    answer = await browser.get("/people")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert (await browser.get("/help")).status_code == 200
    assert (await browser.post("/sign-out")).status_code == 303


async def test_clients_go_on_while_the_feed_is_stale(app: FastAPI, browser: Browser, client_person: Person):
    await browser.sign_in(client_person)
    app.state.feed.begin()
    assert (await browser.get("/check-ins")).status_code == 200


async def test_web_is_a_receiver_of_its_own_and_tells_open_streams(
    web_settings: Settings, issuer: TestIssuer, committed: MigratedDatabase
):
    auth = Transmitter.of(issuer, web_settings, web_settings.events_client_id)
    worker_database = Database.connect(committed.urls["web_worker"], pool_size=1)
    receiver = Receiver(
        web_settings, client_id=auth.receiver, keys=issuer.keys(), copy=COPY, books=BOOKS, auth=auth.client,
        database=worker_database,
    )  # fmt: skip
    await receiver.go_round()
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    connection = await asyncpg.connect(committed.app_url.replace("+asyncpg", ""))
    await connection.add_listener("live", lambda *said: heard.put_nowait(json.loads(str(said[3]))))
    client, closed = somebody(), somebody()
    auth.tell_revoked(client)
    auth.tell_fact(person_fact(closed, disabled_at=now()))
    await receiver.go_round()
    await receiver.go_round()
    async with asyncio.timeout(10):
        told = [await heard.get() for _ in range(2)]
    await connection.close()
    await receiver.close()
    assert told == [{"revoked_session": str(client.session_id)}, {"revoked_person": str(closed.id)}]
    assert (auth.waiting, auth.refused) == ({}, {})
