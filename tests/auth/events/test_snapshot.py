"""The snapshot for other services: with a service's own token, and with nothing else; it registers the receiver."""

import asyncio
from datetime import datetime
from uuid import UUID

from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import disable
from afterglow_auth.care.service import assign
from afterglow_auth.events import delivery, snapshot
from afterglow_auth.events.models import EventReceiver
from afterglow_auth.sessions.service import end_session, start
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import MigratedDatabase, RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL

from tests.auth.arranging import Browser, Program, add_person, audited, payload
from tests.auth.events.receiving import Receiver

SNAPSHOT = "/internal/events/snapshot"
ROUNDS = 25


async def test_a_service_reads_people_care_and_ended_sessions(
    browser: Browser, person: Person, staff: dict[str, Person], service: Program, database: RolledBackDatabase
):
    async with database.arrange() as session:
        care = await assign(session, person.id, staff["therapist"].id)
        ended = (await start(session, person, b"a cookie", None)).session
        await start(session, person, b"another", None)
        await end_session(session, ended.id)
    receiver = await Receiver.of(browser, service)
    claims = payload(receiver.token)
    assert (claims["aud"], claims["role"], claims["sub"]) == ([f"{BASE_URL}/internal/events"], "service", "portal")

    found = await receiver.snapshot()
    assert set(found) == {"people", "care_relationships", "grants", "practice", "revoked_sessions", "taken_at"}
    assert {one["id"] for one in found["people"]} == {str(one.id) for one in (person, *staff.values())}
    told = {"id", "name", "role", "locale", "time_zone", "disabled_at", "exports_held", "as_of"}
    assert set(found["people"][0]) == told
    known = found["care_relationships"][0]
    assert (known["id"], known["client_id"], known["therapist_id"], known["kind"], known["ended_at"]) == (
        str(care.id), str(person.id), str(staff["therapist"].id), "treating", None,
    )  # fmt: skip
    assert {one["as_of"] for one in (known, *found["people"])} == {found["taken_at"]}
    assert [(one["session_id"], one["person_id"]) for one in found["revoked_sessions"]] == [
        (str(ended.id), str(person.id))
    ]
    assert [event.purpose for event in await audited(database, "events:read")] == ["portal"]


async def test_it_registers_and_repeating_does_no_harm(
    browser: Browser, service: Program, person: Person, database: RolledBackDatabase
):
    receiver = await Receiver.of(browser, service)
    await receiver.snapshot()
    async with database.arrange() as session:
        await disable(session, person.id)
    first = await receiver.poll()
    await receiver.snapshot()
    assert list(await receiver.poll()) == list(first)  # what was waiting still waits
    async with database.arrange() as session:
        assert await session.get(EventReceiver, service.client_id)


async def test_nobody_else_reads_it(browser: Browser, staff: dict[str, Person], web: Program):
    assert (await browser.client.get(SNAPSHOT)).status_code == 401
    token = (await browser.tokens(staff["admin"].email, web))["access_token"]
    assert (await browser.client.get(SNAPSHOT, headers={"authorization": f"Bearer {token}"})).status_code == 401


async def test_nothing_falls_between_snapshot_and_feed(committed: MigratedDatabase, committed_superuser: Database):
    """Publishers and new receivers at once, many rounds: each receiver learns of each person, here or there.

    And what the feed tells is later than the snapshot, so that no older picture can win.
    """
    worker = Database.connect(committed.urls["auth_worker"], pool_size=4)
    app = Database.connect(committed.app_url, pool_size=4)
    try:
        for _ in range(ROUNDS):
            receiver = f"service-{new_id().hex}"
            async with committed_superuser.sessions() as session, session.begin():
                await Program(receiver, kind="service", scopes="security_events").register(session)
                people = [(await add_person(session)).id for _ in range(3)]
            taken, *_ = await asyncio.gather(take(app, receiver), *(close(worker, one) for one in people))
            closed = {fact.id for fact in taken.people if fact.disabled_at}
            async with committed_superuser.sessions() as session:
                told = await delivery.waiting(session, receiver, 100)
            facts = [event for event in told if event.type == "urn:afterglow:event:person"]
            assert (closed & set(people)) | {event.subject_id for event in facts} >= set(people)
            assert all(datetime.fromisoformat(event.payload["as_of"]) > taken.taken_at for event in facts)
            assert not closed & {event.subject_id for event in facts}
    finally:
        await worker.close()
        await app.close()


async def take(database: Database, receiver: str) -> snapshot.Snapshot:
    async with database.sessions() as session, session.begin():
        return await snapshot.take(session, receiver)


async def close(database: Database, person: UUID) -> None:
    async with database.sessions() as session, session.begin():
        await disable(session, person)
