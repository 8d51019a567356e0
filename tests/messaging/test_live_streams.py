"""Following messages over real connections, across copies of the service."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.feed import Feed
from afterglow_foundation.testing.databases import MigratedDatabase
from afterglow_foundation.testing.people import Person
from afterglow_messaging.live.waking import CHANNEL
from afterglow_messaging.people.models import RevokedSession
from afterglow_messaging.settings import Settings
from sqlalchemy import text

from tests.messaging.practice import API, KEY, Pair, Practice
from tests.messaging.processes import Process, eventually, process, terminate

Two = tuple[Process, Process]


@pytest.fixture(scope="session")
def live_settings(settings_values: dict[str, Any], committed: MigratedDatabase) -> Settings:
    own = {"database_url": committed.app_url, "client_private_key": KEY}
    return Settings(**settings_values | own, client_id="messaging")


@pytest_asyncio.fixture(loop_scope="session")
async def two(live_settings: Settings, committed_practice: Practice) -> AsyncIterator[Two]:
    """Two copies of the service on one database."""
    async with AsyncExitStack() as stack:
        yield (
            await stack.enter_async_context(process(live_settings, committed_practice)),
            await stack.enter_async_context(process(live_settings, committed_practice)),
        )


async def announce(practice: Practice, payload: str) -> None:
    async with practice.arrange() as session:
        await session.execute(text("SELECT pg_notify(:channel, :payload)"), {"channel": CHANNEL, "payload": payload})


async def test_a_message_reaches_both_parties_on_every_copy(two: Two, committed_pair: Pair) -> None:
    here, there = two
    async with here.follow(committed_pair.client) as near, there.follow(committed_pair.therapist) as far:
        assert (await near.next()).name == (await far.next()).name == "hello"
        for sender, copy in ((committed_pair.client, here), (committed_pair.therapist, there)):
            sent = await copy.practice.send(committed_pair, sender, "hello")
            for stream in (near, far):
                event = await stream.next()
                assert (event.name, event.data) == ("message", sent)


async def test_a_stream_says_what_it_is(two: Two, committed_pair: Pair) -> None:
    async with two[0].follow(committed_pair.client) as stream:
        headers = stream.answer.headers
        assert headers["content-type"] == "text/event-stream; charset=utf-8"
        assert headers["cache-control"] == "no-store"
        assert "content-length" not in headers
        first = await stream.answer_start()
    assert first.startswith("retry: 2000\nid: ")


async def test_after_a_break_comes_what_was_missed_once(two: Two, committed_pair: Pair) -> None:
    here, there = two
    async with here.follow(committed_pair.client) as stream:
        await stream.next()
        await here.practice.send(committed_pair, committed_pair.therapist, "1")
        last = (await stream.next()).id
    for number in (2, 3):
        await here.practice.send(committed_pair, committed_pair.therapist, f"{number}")
    async with there.follow(committed_pair.client, last) as stream:
        assert (await stream.next()).id == last
        assert await stream.texts(2) == ["2", "3"]
        await here.practice.send(committed_pair, committed_pair.therapist, "4")
        assert await stream.texts(1) == ["4"]
        assert await stream.silent()


async def test_a_break_before_the_first_message_misses_none(two: Two, committed_pair: Pair) -> None:
    """The greeting names where the stream begins."""
    async with two[0].follow(committed_pair.client) as stream:
        start = (await stream.next()).id
    await two[0].practice.send(committed_pair, committed_pair.therapist, "missed")
    async with two[1].follow(committed_pair.client, start) as stream:
        await stream.next()
        assert await stream.texts(1) == ["missed"]
        assert await stream.silent()


async def test_a_break_in_the_middle_of_a_batch_repeats_nothing(two: Two, committed_pair: Pair) -> None:
    for number in range(5):
        await two[0].practice.send(committed_pair, committed_pair.therapist, f"{number}")
    async with two[0].follow(committed_pair.client, "1:1:") as stream:
        await stream.next()
        seen = [await stream.next() for _ in range(5)]
    for got in range(1, 6):
        async with two[1].follow(committed_pair.client, seen[got - 1].id) as stream:
            await stream.next()
            assert await stream.texts(5 - got) == [event.data["text"] for event in seen[got:]]
            assert await stream.silent(0.1)


async def test_a_break_in_the_middle_of_a_batch_misses_nothing_that_came_after_it(
    two: Two, committed_pair: Pair
) -> None:
    """Its wake-up came while nobody listened: the stream looks again by itself."""
    for number in range(3):
        await two[0].practice.send(committed_pair, committed_pair.therapist, f"{number}")
    async with two[0].follow(committed_pair.client, "1:1:") as stream:
        await stream.next()
        last = (await stream.next()).id
    await two[0].practice.send(committed_pair, committed_pair.therapist, "meanwhile")
    async with two[1].follow(committed_pair.client, last) as stream:
        await stream.next()
        assert await stream.texts(3) == ["1", "2", "meanwhile"]
        assert await stream.silent()


async def test_more_than_a_batch_comes_at_once(two: Two, committed_pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afterglow_messaging.messages.updates.read.__kwdefaults__", {"limit": 2})
    for number in range(5):
        await two[0].practice.send(committed_pair, committed_pair.therapist, f"{number}")
    async with two[0].follow(committed_pair.client, "1:1:") as stream:
        await stream.next()
        assert await stream.texts(5) == ["0", "1", "2", "3", "4"]


async def test_without_a_cursor_a_stream_begins_now(two: Two, committed_pair: Pair) -> None:
    await two[0].practice.send(committed_pair, committed_pair.therapist, "before")
    async with two[0].follow(committed_pair.client) as stream:
        await stream.next()
        await two[0].practice.send(committed_pair, committed_pair.therapist, "now")
        assert await stream.texts(1) == ["now"]


async def test_nobody_else_hears_anything(
    two: Two, committed_pair: Pair, other_client: Person, other_therapist: Person
) -> None:
    practice = two[0].practice
    others = await practice.pair_up(other_client, other_therapist)
    async with two[0].follow(others.client) as client, two[1].follow(others.therapist) as therapist:
        await client.next()
        await therapist.next()
        await practice.send(committed_pair, committed_pair.client, "ours")
        assert await client.silent()
        assert await therapist.silent()


async def test_an_admin_follows_nothing(two: Two, admin: Person) -> None:
    await two[0].practice.know(admin)
    async with two[0].follow(admin) as stream:
        assert stream.answer.status_code == 403


async def test_each_delivery_is_told_once(two: Two, committed_pair: Pair) -> None:
    therapist = committed_pair.therapist
    async with two[0].follow(therapist) as stream:
        await stream.next()
        for number in range(2):
            await two[1].practice.send(committed_pair, committed_pair.client, f"{number}")
            await stream.texts(1)
    events = await two[0].practice.audited(action="messages.read", actor_id=therapist.id)
    assert [(event.object_id, event.subject_id, event.purpose) for event in events] == [
        (committed_pair.conversation_id, committed_pair.client.id, "live")
    ] * 2
    assert all(event.session_id == therapist.session_id and event.request_id for event in events)


async def test_a_message_whose_reading_cannot_be_told_is_not_sent(
    two: Two, committed_pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two[0].follow(committed_pair.client) as stream:
        await stream.next()
        monkeypatch.setattr("afterglow_messaging.messages.fetching.PURPOSE", 7)
        await two[0].practice.send(committed_pair, committed_pair.therapist, "hello")
        with pytest.raises(Exception, match="closed connection"):
            await stream.next()


@pytest.mark.parametrize("revoked", ["revoked_person", "revoked_session"])
async def test_what_is_revoked_ends_at_once_on_every_copy(two: Two, committed_pair: Pair, revoked: str) -> None:
    therapist = committed_pair.therapist
    elsewhere = replace(therapist, session_id=new_id())
    payload = {"revoked_person": therapist.id, "revoked_session": therapist.session_id}[revoked]
    async with (
        two[0].follow(therapist) as near,
        two[1].follow(therapist) as far,
        two[1].follow(elsewhere) as other_session,
        two[1].follow(committed_pair.client) as client,
    ):
        for stream in (near, far, other_session, client):
            await stream.next()
        started = time.monotonic()
        await announce(two[0].practice, f'{{"{revoked}": "{payload}"}}')
        assert await near.ends()
        assert await far.ends()
        assert time.monotonic() - started < 3
        if revoked == "revoked_person":
            assert await other_session.ends()
        else:
            await two[0].practice.send(committed_pair, committed_pair.client, "still here")
            assert await other_session.texts(1) == ["still here"]
        assert await client.silent() == (revoked == "revoked_person")


async def test_a_closed_account_gets_no_message_even_if_nobody_said_so(two: Two, committed_pair: Pair) -> None:
    async with two[0].follow(committed_pair.client) as stream:
        await stream.next()
        await two[0].practice.know(committed_pair.client, disabled_at=datetime.now(UTC))
        await two[0].practice.send(committed_pair, committed_pair.therapist, "not for them")
        assert await stream.ends()


async def test_an_ended_session_gets_no_message_even_if_nobody_said_so(two: Two, committed_pair: Pair) -> None:
    client = committed_pair.client
    elsewhere = replace(client, session_id=new_id())
    async with two[0].follow(client) as ended, two[0].follow(elsewhere) as other:
        await ended.next()
        await other.next()
        async with two[0].practice.arrange() as session:
            session.add(RevokedSession(session_id=client.session_id, person_id=client.id, revoked_at=datetime.now(UTC)))
        await two[0].practice.send(committed_pair, committed_pair.therapist, "not there")
        assert await ended.ends()
        assert await other.texts(1) == ["not there"]
    async with two[0].follow(client) as again:
        assert again.answer.status_code == 401


async def test_without_word_from_auth_a_therapist_follows_no_longer_and_a_client_does(
    two: Two, committed_pair: Pair
) -> None:
    feed = Feed()
    two[0].practice.app.state.feed = feed
    async with two[0].follow(committed_pair.therapist) as therapist, two[0].follow(committed_pair.client) as client:
        await therapist.next()
        await client.next()
        feed.begin()  # nothing was heard yet
        await two[1].practice.send(committed_pair, committed_pair.client, "hello")
        assert await therapist.ends() or await therapist.ends()  # a look that had begun goes on to its end
        assert await client.texts(1) == ["hello"]
    async with two[0].follow(committed_pair.therapist) as again:
        assert again.answer.status_code == 503
        assert int(again.answer.headers["retry-after"]) > 0
    feed.hear()
    async with two[0].follow(committed_pair.therapist) as again:
        assert (await again.next()).name == "hello"


async def test_a_stream_ends_with_its_token(two: Two, committed_pair: Pair) -> None:
    now = int(time.time())
    async with two[0].follow(committed_pair.client, iat=now - 10, exp=now + 2) as stream:
        await stream.next()
        assert await stream.ends()
    assert now + 1 < time.time() < now + 5


async def test_silence_is_broken_by_comments(two: Two, committed_pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afterglow_foundation.live.streams.HEARTBEAT", 0.05)
    async with two[0].follow(committed_pair.client) as stream:
        await stream.next()
        assert await stream.silent(2)
        assert stream.comments >= 2


async def test_a_listening_connection_that_is_killed_comes_back_and_nothing_is_missed(
    two: Two, committed_pair: Pair
) -> None:
    here, there = two
    async with here.follow(committed_pair.client) as near, there.follow(committed_pair.client) as far:
        await near.next()
        await far.next()
        for round_ in range(3):
            assert await terminate(here.practice, "listening") == 2
            for number in range(5):
                await here.practice.send(committed_pair, committed_pair.therapist, f"{round_}.{number}")
            for stream in (near, far):
                assert await stream.texts(5) == [f"{round_}.{number}" for number in range(5)]
            await eventually(lambda: here.is_listening and there.is_listening)
        assert await near.silent()
        assert await far.silent()


async def test_a_stream_outlives_the_loss_of_its_database_connections(
    two: Two, committed_pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("afterglow_messaging.live.following.TRY_AGAIN", 0.1)
    here, there = two
    async with here.follow(committed_pair.client) as stream:
        await stream.next()
        for number in range(3):
            assert await terminate(here.practice, "") > 0
            with contextlib.suppress(AssertionError):  # the sender's own connection may be one of them
                await there.practice.send(committed_pair, committed_pair.therapist, f"{number}")
            await there.practice.send(committed_pair, committed_pair.therapist, f"{number} again")
            words = await stream.texts(1)
            if words == [f"{number}"]:
                words = await stream.texts(1)
            assert words == [f"{number} again"]


async def test_announcements_that_make_no_sense_wake_nobody(two: Two, committed_pair: Pair) -> None:
    nonsense = ["", "x", "{}", "[]", "null", '{"revoked_person": "x"}', '{"conversation": 1, "people": []}', "[" * 3000]
    async with two[0].follow(committed_pair.client) as stream:
        await stream.next()
        for payload in nonsense:
            await announce(two[0].practice, payload)
        await two[0].practice.send(committed_pair, committed_pair.therapist, "sense")
        assert await stream.texts(1) == ["sense"]


async def test_a_reader_who_leaves_leaves_nothing_behind(two: Two, committed_pair: Pair) -> None:
    async with two[0].follow(committed_pair.client) as stream, two[0].relay() as relay:
        await stream.next()
        await relay.next()
        assert list(two[0].hub.people) == [committed_pair.client.id]
        assert len(two[0].hub.services) == 1
    await eventually(lambda: not two[0].hub.people and not two[0].hub.services)


async def test_one_person_opens_so_many_streams_and_no_more(
    two: Two, committed_pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("afterglow_messaging.live.routes.MOST", 2)
    async with two[0].follow(committed_pair.client) as first, two[0].follow(committed_pair.client) as second:
        await first.next()
        await second.next()
        async with two[0].follow(committed_pair.client) as third:
            assert third.answer.status_code == 429
            assert int(third.answer.headers["retry-after"]) > 0
        async with two[0].follow(committed_pair.therapist) as other:
            assert (await other.next()).name == "hello"


async def test_a_reader_who_takes_nothing_holds_up_nobody(two: Two, committed_pair: Pair) -> None:
    """Their connection fills; everybody else's messages keep coming, and theirs wait in the table, not in memory."""
    host, port = "127.0.0.1", int(two[0].url.rsplit(":", 1)[1])
    token = two[0].practice.issuer.token(committed_pair.client, "messaging")
    large = "\U0001f305" * 10_000
    with socket.create_connection((host, port)) as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.sendall(f"GET {API}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        await eventually(lambda: committed_pair.client.id in two[0].hub.people)
        async with two[0].follow(committed_pair.therapist) as stream:
            await stream.next()
            for _ in range(60):
                await two[1].practice.send(committed_pair, committed_pair.client, large)
                assert await stream.texts(1) == [large]
    await eventually(lambda: not two[0].hub.people)


async def test_the_end_of_the_process_ends_its_streams_at_once(
    live_settings: Settings, committed_practice: Practice, committed_pair: Pair
) -> None:
    async with process(live_settings, committed_practice) as running:
        async with running.follow(committed_pair.client) as stream, running.relay() as relay:
            await stream.next()
            await relay.next()
            started = time.monotonic()
            running.stop()
            assert await stream.ends()
            assert await relay.ends()
        await running.stopped()
        assert time.monotonic() - started < 30


async def test_a_service_hears_who_is_woken_and_no_word_of_it(two: Two, committed_pair: Pair) -> None:
    async with two[0].relay() as relay:
        assert (await relay.next()).name == "hello"
        await two[1].practice.send(committed_pair, committed_pair.client, "not for services")
        event = await relay.next()
    assert event.name == "wake"
    assert event.data == {
        "conversation": str(committed_pair.conversation_id),
        "people": sorted([str(committed_pair.client.id), str(committed_pair.therapist.id)]),
    }


async def test_a_read_mark_wakes_the_reader_alone_and_only_when_it_moves(two: Two, committed_pair: Pair) -> None:
    practice, pair = two[1].practice, committed_pair
    await practice.send(pair, pair.client, "hello")
    async with two[0].relay() as relay:
        assert (await relay.next()).name == "hello"
        for _ in range(2):
            await practice.mark(pair, pair.therapist, 1)
        event = await relay.next()
        assert event.data == {"conversation": str(pair.conversation_id), "people": [str(pair.therapist.id)]}
        assert await relay.silent()


async def test_a_service_is_told_to_look_when_something_may_have_been_missed(two: Two, committed_pair: Pair) -> None:
    assert committed_pair
    async with two[0].relay() as relay:
        assert (await relay.next()).name == "hello"
        await terminate(two[0].practice, "listening")
        assert (await relay.next()).name == "hello"


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"aud": ["http://localhost:8080/api/messaging"]}, 401),
        ({"aud": ["http://localhost:8080/internal/events"]}, 401),
        ({"scope": "security_events"}, 403),
        ({"scope": "live2"}, 403),
        ({"role": "client", "sub": str(new_id()), "sid": str(new_id())}, 403),
        ({"role": "admin", "sub": str(new_id()), "sid": str(new_id())}, 403),
    ],
)
async def test_wake_ups_are_for_services_alone(two: Two, claims: dict[str, Any], status: int) -> None:
    async with two[0].relay(**claims) as relay:
        assert relay.answer.status_code == status


async def test_a_services_token_is_none_for_the_api(two: Two, committed_pair: Pair) -> None:
    wrong = {"aud": ["http://localhost:8080/internal/live"], "scope": "live messaging"}
    async with two[0].follow(committed_pair.client, **wrong) as stream:
        assert stream.answer.status_code == 401


async def test_many_messages_from_both_sides_arrive_once_everywhere(two: Two, committed_pair: Pair) -> None:
    async with AsyncExitStack() as stack:
        people = [committed_pair.client, committed_pair.therapist]
        streams = [
            await stack.enter_async_context(copy.follow(person)) for copy in two for person in people for _ in range(2)
        ]
        for stream in streams:
            await stream.next()
        sent = await asyncio.gather(
            *(two[number % 2].practice.send(committed_pair, people[number % 2], f"{number}") for number in range(40))
        )
        expected = sorted(message["text"] for message in sent)
        for stream in streams:
            assert sorted(await stream.texts(40)) == expected
