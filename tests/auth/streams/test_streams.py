"""A receiver's one stream: what may be asked of it, what is left out of it, and that it never is left out silently."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.events import outbox, polling, registering
from afterglow_auth.events.models import EventDelivery, EventReceiver
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.events import EventType
from afterglow_foundation.security_events.polling import SNAPSHOT_PATH
from afterglow_foundation.security_events.streams import (
    POLL_METHOD,
    SINCE_HEADER,
    STATUS_HEADER,
    STATUS_PATH,
    STREAMS_PATH,
    TELLS_HEADER,
    VERIFICATION_PATH,
)
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import func, select, text, update
from sqlmodel import col

from tests.auth.arranging import Browser, Program, audited, open_browser, payload
from tests.auth.events.receiving import Receiver
from tests.auth.waiting import until_somebody_waits_for

NOW = {"returnImmediately": True}
AGE = text("UPDATE event_receivers SET verification_asked_at = verification_asked_at - interval '30 seconds'")


@pytest_asyncio.fixture(loop_scope="session")
async def receiver(browser: Browser, service: Program) -> Receiver:
    return await Receiver.of(browser, service)


@pytest_asyncio.fixture(loop_scope="session")
async def other(browser: Browser, database: RolledBackDatabase) -> Receiver:
    async with database.arrange() as session:
        program = await Program("messaging", kind="service", scopes="security_events").register(session)
    return await Receiver.of(browser, program)


async def end_a_session(database: RolledBackDatabase, person: Person) -> None:
    async with database.arrange() as session:
        await outbox.sessions_revoked(session, person.id, [new_id()])


async def since(receiver: Receiver) -> datetime:
    return datetime.fromisoformat((await receiver.ask(NOW)).headers[SINCE_HEADER])


async def test_a_stream_is_its_receivers_alone(receiver: Receiver, other: Receiver):
    mine = await receiver.stream()
    foreign = {"stream_id": mine["stream_id"]}
    for method, path, sent in (
        ("GET", STREAMS_PATH, {"params": foreign}),
        ("PATCH", STREAMS_PATH, {"json": foreign}),
        ("PUT", STREAMS_PATH, {"json": foreign}),
        ("DELETE", STREAMS_PATH, {"params": foreign}),
        ("GET", STATUS_PATH, {"params": foreign}),
        ("POST", STATUS_PATH, {"json": foreign | {"status": "disabled"}}),
        ("POST", VERIFICATION_PATH, {"json": foreign}),
    ):
        assert (await other.send(method, path, **sent)).status_code == 404, (method, path)
    assert (await other.send("GET", STREAMS_PATH)).json() == []
    assert (await receiver.send("GET", STREAMS_PATH)).json() == [mine]


WRONG = (
    ("POST", STREAMS_PATH, {"delivery": {"method": "urn:ietf:rfc:8935", "endpoint_url": "https://a.example/"}}),
    ("POST", STREAMS_PATH, {"delivery": {"method": POLL_METHOD, "endpoint_url": "https://a.example/"}}),
    ("POST", STREAMS_PATH, {"delivery": POLL_METHOD}),
    ("POST", STREAMS_PATH, {"events_requested": "all"}),
    ("POST", STREAMS_PATH, {"events_requested": ["x" * 501]}),
    ("POST", STREAMS_PATH, {"events_requested": [7]}),
    ("POST", STREAMS_PATH, {"description": {}}),
    ("POST", STREAMS_PATH, []),
    ("PATCH", STREAMS_PATH, {"stream_id": 7}),
    ("PATCH", STREAMS_PATH, {"description": "without its name"}),
    ("PATCH", STREAMS_PATH, {"stream_id": "mine", "aud": "another"}),
    ("PUT", STREAMS_PATH, {"stream_id": "mine", "events_delivered": []}),
    ("PUT", STREAMS_PATH, {"stream_id": "mine", "delivery": {"method": "urn:ietf:rfc:8935"}}),
    ("POST", STATUS_PATH, {"stream_id": "mine", "status": "resting"}),
    ("POST", STATUS_PATH, {"stream_id": "mine"}),
    ("POST", STATUS_PATH, {"stream_id": "mine", "status": "paused", "reason": ["tired"]}),
    ("POST", VERIFICATION_PATH, {"stream_id": "mine", "state": 7}),
    ("POST", VERIFICATION_PATH, {"stream_id": "mine", "state": "x" * 1001}),
    ("POST", VERIFICATION_PATH, {}),
    ("POST", STREAMS_PATH, {"events_requested": ["\0"]}),
    ("POST", STREAMS_PATH, {"description": "\0"}),
    ("POST", STATUS_PATH, {"stream_id": "mine", "status": "paused", "reason": "\0"}),
    ("POST", VERIFICATION_PATH, {"stream_id": "mine", "state": "\0"}),
)


STRANGE = (None, "", "x" * 200, "☃", "\0", 7, 1.5, True, [], {}, ["mine"], {"a": 1})
WISHES = (
    ("PATCH", STREAMS_PATH, {"description": "no harm"}),
    ("PUT", STREAMS_PATH, {"description": "no harm"}),
    ("POST", STATUS_PATH, {"status": "paused"}),
    ("POST", VERIFICATION_PATH, {"state": "here"}),
)


async def test_each_member_spoilt_in_each_way_is_refused_and_changes_nothing(
    receiver: Receiver, database: RolledBackDatabase, record_property: Any
):
    """Missing, in another case, of another type, too long; a name that is no stream's is 404. Nothing is ever a 500."""
    mine = (await receiver.stream())["stream_id"]
    asked = 0
    for method, path, rest in WISHES:
        good = {"stream_id": mine, **rest}
        needed = {"stream_id", "status"} & good.keys()
        bodies = [{other: good[other] for other in good if other != name} for name in needed]
        bodies += [{name.upper() if name == spoilt else name: good[name] for name in good} for spoilt in needed]
        bodies += [good | {name: strange} for name in good for strange in STRANGE if name in needed]
        bodies += [good | {"stream_id": mine.upper() + "x"}, good | {"stream_id": f" {mine}"}]
        if "status" in good:
            bodies += [good | {"status": other} for other in ("Paused", "PAUSED", " paused", "paused ")]
        bodies += [good | {name: 7} for name in good.keys() - needed]
        for body in bodies:
            answer = await receiver.send(method, path, json=body)
            assert answer.status_code in {400, 404}, (method, path, body, answer.text)
            assert answer.status_code == 400 or body.get("stream_id") != mine
            asked += 1
        for content in (b"", b"{", b"null", b"[" * 20_000, b'"\xff"', b"\xef\xbb\xbf{}", b'{"stream_id": "\\ud800"}'):
            headers = {**receiver.headers, "content-type": "application/json"}
            answer = await receiver.browser.client.request(method, path, content=content, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (400, "bad_request"), (path, content[:20])
            asked += 1
        large = {**receiver.headers, "content-type": "application/json"}
        answer = await receiver.browser.client.request(method, path, content=b" " * 70_000, headers=large)
        assert answer.status_code == 413
    for method, path in (("GET", STREAMS_PATH), ("DELETE", STREAMS_PATH), ("GET", STATUS_PATH)):
        for query in (
            f"stream_id={mine}&stream_id={mine}",
            f"STREAM_ID={mine}&stream_id=",
            "stream_id=%00",
            "stream_id=%FF",
        ):
            answer = await receiver.send(method, f"{path}?{query}")
            assert answer.status_code in {400, 404}, (method, path, query)
            asked += 1
    async with database.arrange() as session:
        (row,) = (await session.scalars(select(EventReceiver))).all()
    assert (row.status, row.description, row.verification_asked_at) == ("enabled", None, None)
    record_property("counted", f"malformed requests, event streams: {asked}")


async def test_what_cannot_be_used_is_400_and_changes_nothing(
    receiver: Receiver, other: Receiver, database: RolledBackDatabase
):
    """SSF says 400 where our own APIs say 422. A stream that is pushed is not to be had."""
    mine = await receiver.stream()
    for method, path, sent in WRONG:
        asks = other if method == "POST" and path == STREAMS_PATH else receiver  # who has none would get one
        body = sent | {"stream_id": mine["stream_id"]} if isinstance(sent, dict) and "mine" in sent.values() else sent
        answer = await asks.send(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request"), sent
        assert answer.headers["content-type"] == "application/problem+json"
    for method, path in (("DELETE", STREAMS_PATH), ("GET", STATUS_PATH)):
        assert (await receiver.send(method, path)).status_code == 400
    assert (await other.send("POST", STREAMS_PATH, content=b"{}")).status_code == 415
    async with database.arrange() as session:
        rows = (await session.scalars(select(EventReceiver))).all()
    assert [(one.client_id, one.status, one.description, one.events_requested) for one in rows] == [
        ("portal", "enabled", None, None)
    ]


async def test_a_change_names_what_changes_and_a_replacement_forgets_the_rest(
    receiver: Receiver, database: RolledBackDatabase
):
    mine = await receiver.stream(description="of the portal", events_requested=[EventType.person, "urn:unknown"])
    assert mine["events_delivered"] == [EventType.person]
    named = {"stream_id": mine["stream_id"]}
    patched = await receiver.send("PATCH", STREAMS_PATH, json=mine | {"description": "renamed"})
    assert patched.json() == mine | {"description": "renamed"}
    replaced = (await receiver.send("PUT", STREAMS_PATH, json=named)).json()
    assert replaced.keys() & {"description", "events_requested"} == set()
    assert set(replaced["events_delivered"]) == set(replaced["events_supported"])
    same = mine | {"description": None, "events_requested": None, "events_delivered": replaced["events_delivered"]}
    assert (await receiver.send("PUT", STREAMS_PATH, json=named)).json() == replaced
    assert (await receiver.send("PATCH", STREAMS_PATH, json=same)).json() == replaced
    assert (await receiver.set_status(mine["stream_id"], "enabled")).status_code == 200
    for verb, count in (("created", 1), ("changed", 2)):  # what changes nothing is none
        events = await audited(database, f"event_stream:{verb}")
        assert [(str(one.object_id), one.purpose) for one in events] == [(mine["stream_id"], "portal")] * count


async def test_what_was_left_out_is_never_left_out_silently(
    receiver: Receiver, person: Person, database: RolledBackDatabase
):
    """Narrowed, paused or disabled: each poll says so, and since when nothing is missing; a snapshot is older then."""
    mine = (await receiver.stream(events_requested=[EventType.session_revoked]))["stream_id"]
    begun = await since(receiver)
    async with database.arrange() as session:
        await outbox.claims_changed(session, person.id, {"role": "client"})
    asked = await receiver.ask(NOW)
    assert (asked.json()["sets"], asked.headers[TELLS_HEADER]) == ({}, "some")
    await receiver.set_status(mine, "paused", reason="moving")
    await end_a_session(database, person)
    asked = await receiver.ask(NOW)
    assert (asked.json()["sets"], asked.headers[STATUS_HEADER]) == ({}, "paused")
    status = await receiver.send("GET", STATUS_PATH, params={"stream_id": mine})
    assert status.json() == {"stream_id": mine, "status": "paused", "reason": "moving"}
    await receiver.set_status(mine, "enabled")
    assert len(await receiver.poll()) == 1  # kept meanwhile
    assert await since(receiver) == begun
    await receiver.set_status(mine, "disabled")
    await end_a_session(database, person)
    await receiver.set_status(mine, "enabled")
    assert await receiver.poll() == {}
    again = await since(receiver)
    assert again > begun
    for change in ({"events_requested": []}, {"events_requested": None}):
        assert (await receiver.send("PATCH", STREAMS_PATH, json={"stream_id": mine} | change)).status_code == 200
        assert await since(receiver) > again
        again = await since(receiver)
    await receiver.send("PATCH", STREAMS_PATH, json={"stream_id": mine, "description": "only words"})
    assert await since(receiver) == again
    taken = datetime.fromisoformat((await receiver.snapshot())["taken_at"])
    assert taken > await since(receiver)
    assert (await receiver.ask(NOW)).headers[TELLS_HEADER] == "everything"


@pytest.mark.parametrize("left_out", ["paused", "disabled", "narrowed"])
async def test_a_poll_of_a_stream_that_leaves_something_out_already_does_not_wait_for_long(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, left_out: str
):
    monkeypatch.setattr(polling, "LONGEST_WAIT", 3600.0)
    monkeypatch.setattr(polling, "WAIT_FOR_LITTLE", 0.0)
    narrowed = left_out == "narrowed"
    mine = (await receiver.stream(events_requested=[EventType.person] if narrowed else None))["stream_id"]
    if not narrowed:
        await receiver.set_status(mine, left_out)
    async with asyncio.timeout(20):
        assert (await receiver.ask({})).json()["sets"] == {}


async def test_a_deleted_stream_takes_what_it_held_along_and_is_begun_again(
    receiver: Receiver, person: Person, database: RolledBackDatabase
):
    mine = (await receiver.stream())["stream_id"]
    await end_a_session(database, person)
    assert (await receiver.send("DELETE", STREAMS_PATH, params={"stream_id": mine})).status_code == 204
    asked = await receiver.ask(NOW)
    assert (asked.status_code, asked.json()["code"]) == (409, "no_snapshot")
    async with database.arrange() as session:
        assert await session.scalar(select(func.count()).select_from(EventDelivery)) == 0
        await outbox.sessions_revoked(session, person.id, [new_id()])  # nobody is there to be told
    await receiver.snapshot()
    (made,) = (await receiver.send("GET", STREAMS_PATH)).json()
    assert made["stream_id"] != mine
    assert len(await audited(database, "event_stream:deleted")) == 1


async def test_a_stream_that_is_enabled_cannot_be_deleted_by_the_app(receiver: Receiver, database: RolledBackDatabase):
    await receiver.stream()
    async with database.as_role("auth_app"), database.sessions() as session, session.begin():
        gone = await session.execute(text("DELETE FROM event_receivers"))
    assert gone.rowcount == 0  # type: ignore[attr-defined]  # a cursor's result has it


async def test_verification_events_are_for_one_receiver_and_not_too_often(
    receiver: Receiver, other: Receiver, database: RolledBackDatabase
):
    mine, theirs = (await receiver.stream())["stream_id"], await other.stream()
    assert (await receiver.verify(mine, state="a state")).status_code == 204
    again = await receiver.verify(mine, state="another")
    assert (again.status_code, again.headers["retry-after"]) == (429, str(theirs["min_verification_interval"]))
    assert await other.poll() == {}
    ((event_id, token),) = (await receiver.poll()).items()
    assert payload(token)["events"] == {EventType.verification: {"state": "a state"}}
    await receiver.poll(ack=[event_id])
    async with database.arrange() as session:
        verified = select(col(EventReceiver.client_id)).where(col(EventReceiver.verified_at).is_not(None))
        assert (await session.scalars(verified)).all() == ["portal"]
        await session.execute(AGE)
    assert (await receiver.verify(mine)).status_code == 204
    (token,) = (await receiver.poll()).values()
    assert payload(token)["events"] == {EventType.verification: {}}


async def test_of_many_who_create_or_verify_at_once_one_does(committed_app: FastAPI, committed_superuser: Database):
    program = Program(f"service-{new_id().hex}", kind="service", scopes="security_events")
    async with committed_superuser.sessions() as session, session.begin():
        await program.register(session)
    async with open_browser(committed_app) as client:
        receiver = await Receiver.of(Browser(client), program)
        made = await asyncio.gather(*(receiver.create() for _ in range(10)))
        assert sorted(one.status_code for one in made) == [201] + [409] * 9
        stream_id = next(one.json()["stream_id"] for one in made if one.status_code == 201)
        verified = await asyncio.gather(*(receiver.verify(stream_id, state=f"{n}") for n in range(10)))
        assert sorted(one.status_code for one in verified) == [204] + [429] * 9
        assert len(await receiver.poll()) == 1


async def test_locks_are_taken_in_one_order_and_not_waited_for_at_publishers_cost(
    committed_app: FastAPI, committed_superuser: Database, monkeypatch: pytest.MonkeyPatch
):
    """The lock of publishers, the stream's row, its deliveries: nobody who waits for one has a later one."""
    program = Program(f"service-{new_id().hex}", kind="service", scopes="security_events")
    async with committed_superuser.sessions() as session, session.begin():
        await program.register(session)
    row = text("SELECT FROM event_receivers WHERE client_id = :receiver FOR UPDATE NOWAIT")
    deliveries = text("SELECT FROM event_deliveries WHERE receiver = :receiver FOR UPDATE NOWAIT")
    mine = {"receiver": program.client_id}
    async with open_browser(committed_app) as client:
        receiver = await Receiver.of(Browser(client), program)
        stream_id = (await receiver.stream())["stream_id"]
        async with committed_superuser.sessions() as session, session.begin():
            await session.execute(outbox.REGISTERING)
            verifying = asyncio.create_task(receiver.verify(stream_id))
            await until_somebody_waits_for(session)
            await session.execute(row, mine)
        assert (await verifying).status_code == 204
        async with committed_superuser.sessions() as session, session.begin():
            await session.execute(row, mine)
            disabling = asyncio.create_task(receiver.set_status(stream_id, "disabled"))
            await until_somebody_waits_for(session)
            await session.execute(deliveries, mine)
        assert (await disabling).status_code == 200
        monkeypatch.setattr(registering, "NOT_FOR_LONG", text("SET LOCAL lock_timeout = '1ms'"))
        async with committed_superuser.sessions() as session, session.begin():
            await outbox.hold(session)
            for late in (await receiver.set_status(stream_id, "paused"), await receiver.send("GET", SNAPSHOT_PATH)):
                assert (late.status_code, late.json()["code"], late.headers["retry-after"]) == (503, "unavailable", "1")
            assert (await receiver.set_status(stream_id, "disabled")).status_code == 200  # it is: nothing to wait for
            assert (await receiver.create()).status_code == 409
        async with committed_superuser.sessions() as session, session.begin():
            await session.execute(row, mine)
            behind = asyncio.create_task(receiver.send("GET", SNAPSHOT_PATH))  # it has the lock, and waits for the row
            await until_somebody_waits_for(session)
        assert (await behind).status_code == 200


async def test_a_poll_that_waits_is_answered_when_its_stream_is_stopped_and_when_it_goes_on(
    *, receiver: Receiver, person: Person, database: RolledBackDatabase, app: FastAPI, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(polling, "WAIT_FOR_LITTLE", polling.LONGEST_WAIT)
    await receiver.stream()
    for status, told in (("paused", 0), ("enabled", 1)):
        waiting = asyncio.create_task(receiver.ask({}))
        while not app.state.outlet._waiting:  # noqa: ASYNC110  # it has no event for that
            await asyncio.sleep(0)
        async with database.arrange() as session:
            await session.execute(update(EventReceiver).values(status=status))
        app.state.outlet.wake()
        answer = await waiting
        assert (len(answer.json()["sets"]), answer.headers[STATUS_HEADER]) == (told, status)
        await end_a_session(database, person)


async def test_without_a_stream_there_is_nothing_to_ask_for(receiver: Receiver):
    wanted: dict[str, Any] = {"stream_id": str(new_id())}
    assert (await receiver.send("GET", STREAMS_PATH)).json() == []
    assert (await receiver.verify(**wanted)).status_code == 404
    assert (await receiver.set_status(**wanted, status="paused")).status_code == 404
