"""Polling: given again until acknowledged, to each receiver its own, and answered when something happens."""

import asyncio
import time
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import disable
from afterglow_auth.care.service import assign
from afterglow_auth.events import outbox, polling
from afterglow_auth.events.models import EventDelivery, EventReceiver, SecurityEvent
from afterglow_auth.housekeeping import forget_expired
from afterglow_auth.main import create
from afterglow_auth.settings import Settings
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.events import EventType
from afterglow_foundation.security_events.tokens import TokenReader
from afterglow_foundation.testing.databases import MigratedDatabase, RolledBackDatabase
from afterglow_foundation.tokens import KeyCache
from fastapi import FastAPI
from sqlalchemy import func, select, text
from sqlmodel import col

from tests.auth.arranging import ISSUER, Browser, Program, add_person, open_browser, payload
from tests.auth.events.receiving import POLL, Receiver


@pytest_asyncio.fixture(loop_scope="session")
async def receiver(browser: Browser, service: Program, person: Person) -> Receiver:
    """Portal, registered; it knows the person from its snapshot."""
    assert person.id
    made = await Receiver.of(browser, service)
    await made.snapshot()
    return made


@pytest_asyncio.fixture(loop_scope="session")
async def other(browser: Browser, database: RolledBackDatabase) -> Receiver:
    async with database.arrange() as session:
        program = await Program("messaging", kind="service", scopes="security_events").register(session)
    made = await Receiver.of(browser, program)
    await made.snapshot()
    return made


async def publish(database: RolledBackDatabase, person: Person, count: int = 1) -> list[UUID]:
    """That many sessions of the person's are over; returns them in order."""
    sessions = [new_id() for _ in range(count)]
    async with database.arrange() as session:
        await outbox.sessions_revoked(session, person.id, sessions)
    return sessions


async def deliveries(database: RolledBackDatabase, receiver: Receiver) -> list[EventDelivery]:
    async with database.arrange() as session:
        mine = select(EventDelivery).where(col(EventDelivery.receiver) == receiver.client_id)
        return list(await session.scalars(mine.order_by(col(EventDelivery.event_id))))


async def test_an_event_is_given_until_it_is_acknowledged(
    receiver: Receiver, person: Person, database: RolledBackDatabase
):
    await publish(database, person)
    first = await receiver.poll()
    again = await receiver.poll()  # the first answer was lost on the way
    assert list(first) == list(again)
    assert len(first) == 1
    assert await receiver.poll(ack=list(first)) == {}
    assert await receiver.poll(ack=list(first)) == {}
    assert [one.acknowledged_at is not None for one in await deliveries(database, receiver)] == [True]


async def test_a_token_says_what_the_event_says(
    receiver: Receiver, person: Person, database: RolledBackDatabase, app: FastAPI
):
    (session_id,) = await publish(database, person)
    ((event_id, token),) = (await receiver.poll()).items()
    claims = payload(token)
    assert (claims["iss"], claims["aud"], claims["jti"]) == (ISSUER, "portal", event_id)
    assert claims.keys() & {"exp", "sub"} == set()
    assert claims["events"] == {EventType.session_revoked: {}}
    assert claims["sub_id"] == {
        "format": "complex",
        "user": {"format": "iss_sub", "iss": ISSUER, "sub": str(person.id)},
        "session": {"format": "opaque", "id": str(session_id)},
    }
    keys = KeyCache(app.state.provider.keys.key_set)
    event = await TokenReader(issuer=ISSUER, receiver="portal", keys=keys).read(token, UUID(event_id))
    assert (event.type, event.subject_id, event.session_id) == (EventType.session_revoked, person.id, session_id)
    async with database.arrange() as session:
        assert (await session.get_one(SecurityEvent, event.id)).occurred_at == event.occurred_at


async def test_every_kind_of_event_can_be_read_back(
    receiver: Receiver, staff: dict[str, Person], person: Person, database: RolledBackDatabase, app: FastAPI
):
    async with database.arrange() as session:
        await assign(session, person.id, staff["therapist"].id)
        await disable(session, person.id)
        await outbox.credential_changed(session, person.id, "password", "update")
        await outbox.claims_changed(session, person.id, {"role": "client"})
        await outbox.account_purged(session, person.id)
    reader = TokenReader(issuer=ISSUER, receiver="portal", keys=KeyCache(app.state.provider.keys.key_set))
    read = [await reader.read(token, UUID(event_id)) for event_id, token in (await receiver.poll()).items()]
    assert {event.type for event in read} == {
        EventType.care_relationship, EventType.person, EventType.account_disabled, EventType.credential_change,
        EventType.token_claims_change, EventType.account_purged,
    }  # fmt: skip


async def test_as_many_as_asked_for_oldest_first(receiver: Receiver, person: Person, database: RolledBackDatabase):
    published = await publish(database, person, 5)
    answer = (await receiver.ask({"maxEvents": 2, "returnImmediately": True})).json()
    seen = [payload(token)["sub_id"]["session"]["id"] for token in answer["sets"].values()]
    assert (seen, answer["moreAvailable"]) == ([str(one) for one in published[:2]], True)
    rest = (await receiver.ask({"maxEvents": 3, "ack": list(answer["sets"])})).json()
    assert (len(rest["sets"]), rest["moreAvailable"]) == (3, False)
    only_ack = (await receiver.ask({"maxEvents": 0, "ack": list(rest["sets"])})).json()
    assert only_ack == {"sets": {}, "moreAvailable": False}


async def test_nobody_settles_what_is_another_receivers(
    receiver: Receiver, other: Receiver, person: Person, database: RolledBackDatabase
):
    await publish(database, person)
    mine = await receiver.poll()
    await other.poll(ack=list(mine))
    assert list(await receiver.poll()) == list(mine)
    assert await other.poll() == {}
    broken = {event_id: {"err": "invalid_key", "description": "no"} for event_id in mine}
    await other.poll(setErrs=broken)
    assert [one.error_code for one in await deliveries(database, receiver)] == [None]


async def test_what_a_receiver_could_not_take_is_settled_and_kept(
    receiver: Receiver, person: Person, database: RolledBackDatabase, browser: Browser
):
    await publish(database, person, 2)
    bad, good = await receiver.poll()
    wrong = {bad: {"err": "invalid_request", "description": "Claims are missing."}}
    assert await receiver.poll(ack=[good], setErrs=wrong) == {}
    assert await receiver.poll(setErrs=wrong) == {}  # said twice, counted once
    kept = [(one.error_code, one.error_description) for one in await deliveries(database, receiver)]
    assert kept == [("invalid_request", "Claims are missing."), (None, None)]
    metrics = (await browser.client.get("/metrics")).text
    assert 'security_events_refused_total{error="invalid_request",receiver="portal"} 1.0' in metrics


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"maxEvents": -1}, "maxEvents"),
        ({"maxEvents": "many"}, "maxEvents"),
        ({"returnImmediately": "perhaps"}, "returnImmediately"),
        ({"ack": ["not an id"]}, "ack.0"),
        ({"ack": [str(new_id())] * 1001}, "ack"),
        ({"setErrs": {str(new_id()): {"err": "x"}}}, "description"),
        ({"setErrs": {str(new_id()): {"err": "x", "description": "y" * 1001}}}, "description"),
        ({"max_events_": 1}, "max_events_"),
    ],
)
async def test_bad_input_is_a_problem_that_names_the_field(receiver: Receiver, body: dict[str, Any], field: str):
    answer = await receiver.ask(body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid_input")
    assert problem["errors"][0]["field"].endswith(field)


async def test_who_has_not_begun_is_sent_for_a_snapshot(browser: Browser, service: Program):
    answer = await (await Receiver.of(browser, service)).ask({})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_snapshot")


async def test_people_do_not_poll(browser: Browser, staff: dict[str, Person], web: Program):
    assert (await browser.client.post(POLL, json={})).status_code == 401
    token = (await browser.tokens(staff["admin"].email, web))["access_token"]
    asked = await browser.client.post(POLL, json={}, headers={"authorization": f"Bearer {token}"})
    assert asked.status_code == 401


async def test_it_waits_and_goes_away_empty(receiver: Receiver, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(polling, "LONGEST_WAIT", 0.3)
    started = time.monotonic()
    answer = (await receiver.ask({})).json()
    assert answer == {"sets": {}, "moreAvailable": False}
    assert time.monotonic() - started >= 0.3


async def test_what_was_told_is_forgotten_and_what_was_refused_stays(
    receiver: Receiver, other: Receiver, person: Person, database: RolledBackDatabase
):
    await publish(database, person, 3)
    first, second, third = await receiver.poll()
    await receiver.poll(ack=[first], setErrs={second: {"err": "invalid_key", "description": "?"}})
    await other.poll(ack=[first, second])
    async with database.arrange() as session:
        await session.execute(text("UPDATE event_deliveries SET acknowledged_at = acknowledged_at - interval '1 hour'"))
    await forget_expired(database)
    async with database.arrange() as session:
        assert [str(one) for one in await session.scalars(select(col(SecurityEvent.id)).order_by("id"))] == [
            second, third,
        ]  # fmt: skip
    assert list(await receiver.poll()) == [third]
    assert list(await other.poll()) == [third]


async def test_a_receiver_that_is_gone_is_forgotten_and_begins_again(
    receiver: Receiver, other: Receiver, person: Person, database: RolledBackDatabase
):
    await publish(database, person)
    async with database.arrange() as session:
        gone = text("UPDATE event_receivers SET heard_at = now() - interval '8 days' WHERE client_id = 'messaging'")
        await session.execute(gone)
    await forget_expired(database)
    assert [one.client_id for one in await receivers(database)] == ["portal"]
    assert (await other.ask({})).status_code == 409
    assert len(await receiver.poll()) == 1
    await other.snapshot()
    assert await other.poll() == {}


async def receivers(database: RolledBackDatabase) -> list[EventReceiver]:
    async with database.arrange() as session:
        return list(await session.scalars(select(EventReceiver)))


@pytest_asyncio.fixture(loop_scope="session")
async def live(settings: Settings, committed: MigratedDatabase, committed_superuser: Database) -> Any:
    """Auth as it runs, listening, and a receiver that only this test has."""
    told = settings.model_copy(update={"database_url": type(settings.database_url)(committed.app_url)})
    app = create(told, database=Database.connect(committed.app_url))
    program = Program(f"service-{new_id().hex}", kind="service", scopes="security_events")
    async with committed_superuser.sessions() as session, session.begin():
        await program.register(session)
    async with app.router.lifespan_context(app), open_browser(app) as client:
        receiver = await Receiver.of(Browser(client), program)
        await receiver.snapshot()
        yield receiver, app


async def revoke_one(superuser: Database) -> None:
    async with superuser.sessions() as session, session.begin():
        person = await add_person(session)
        await outbox.sessions_revoked(session, person.id, [new_id()])


async def test_a_waiting_poll_is_answered_when_something_happens(
    live: tuple[Receiver, FastAPI], committed_superuser: Database, monkeypatch: pytest.MonkeyPatch
):
    """Long before the longest wait is over."""
    monkeypatch.setattr(polling, "LONGEST_WAIT", 600)
    receiver, app = live
    async with asyncio.timeout(60):
        await app.state.outlet._listening.connected.wait()
        asked = [asyncio.create_task(receiver.ask({})) for _ in range(3)]  # three replicas
        await asyncio.sleep(0.2)
        await revoke_one(committed_superuser)
        answers = [(await one).json()["sets"] for one in asked]
    assert all(answers)


async def test_polls_are_answered_when_the_process_is_told_to_end(
    live: tuple[Receiver, FastAPI], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(polling, "LONGEST_WAIT", 600)
    receiver, app = live
    async with asyncio.timeout(60):
        asked = asyncio.create_task(receiver.ask({}))
        await asyncio.sleep(0.2)
        app.state.outlet.close()
        assert (await asked).json()["sets"] == {}


async def test_an_event_that_was_rolled_back_is_never_given(
    live: tuple[Receiver, FastAPI], committed_superuser: Database
):
    receiver, _ = live
    async with committed_superuser.sessions() as session:
        person = await add_person(session)
        await outbox.sessions_revoked(session, person.id, [new_id()])
        await session.rollback()
    assert await receiver.poll() == {}
    async with committed_superuser.sessions() as session:
        mine = select(func.count()).select_from(EventDelivery).where(col(EventDelivery.receiver) == receiver.client_id)
        assert await session.scalar(mine) == 0
