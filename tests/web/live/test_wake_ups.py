"""The one connection to messaging: it comes back, it is renewed in time, and nothing between two of them is missed."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import httpx
import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.client import ServiceClient, ServiceTokens
from afterglow_foundation.testing.people import Person
from afterglow_web.live import wake_ups
from afterglow_web.live.hub import Hub
from afterglow_web.live.wake_ups import Connection, WakeUps, events
from joserfc.jwk import ECKey

from tests.web.fake_auth import ISSUER, FakeAuth
from tests.web.fake_messaging import FakeMessaging


class CountingHub(Hub):
    def __init__(self) -> None:
        super().__init__()
        self.everybody = 0
        self.woken: list[object] = []

    def wake_everybody(self) -> None:
        self.everybody += 1

    def wake(self, people: object) -> None:
        self.woken.append(people)


@pytest.fixture
def hub() -> CountingHub:
    return CountingHub()


@pytest.fixture
def following(auth: FakeAuth, messaging: FakeMessaging, web_key: ECKey, hub: Hub) -> WakeUps:
    tokens = ServiceTokens(
        ServiceClient("http://auth.invalid", transport=httpx.MockTransport(auth.answer)),
        issuer=ISSUER,
        client_id="web-events",
        private_key=web_key,
        scope="live",
    )
    upstream = ServiceClient("http://messaging.invalid", transport=httpx.MockTransport(messaging.answer))
    return WakeUps(upstream, tokens, hub)


async def becomes(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  # there is no event to wait for inside what is tested
            await asyncio.sleep(0.01)


async def test_it_proves_itself_and_wakes_whom_it_is_told(
    following: WakeUps, hub: CountingHub, messaging: FakeMessaging
) -> None:
    client, therapist = Person(Role.client, "A"), Person(Role.therapist, "B")
    async with following.running():
        await becomes(lambda: hub.following)
        messaging.open(client, therapist, "Hello")
        await becomes(lambda: bool(hub.woken))
    assert messaging.requests[0].headers["authorization"] == "Bearer live"
    assert hub.woken == [[client.id, therapist.id]]
    assert hub.everybody == 1
    assert messaging.followers == []


async def test_a_cut_connection_comes_back_and_everybody_looks(
    following: WakeUps, hub: CountingHub, messaging: FakeMessaging
) -> None:
    async with following.running():
        await becomes(lambda: hub.everybody == 1)
        messaging.cut()
        await becomes(lambda: hub.everybody == 2)
        assert hub.following


@pytest.mark.parametrize("trouble", ["messaging away", "auth away", "auth refuses"])
async def test_it_waits_for_those_it_needs(
    following: WakeUps, hub: CountingHub, messaging: FakeMessaging, auth: FakeAuth, trouble: str
) -> None:
    messaging.down = trouble == "messaging away"
    auth.down = trouble == "auth away"
    auth.refuse = trouble == "auth refuses"
    async with following.running():
        await asyncio.sleep(0.3)
        assert not hub.following
        messaging.down = auth.down = auth.refuse = False
        await becomes(lambda: hub.following)
    assert hub.everybody == 1


async def test_the_next_one_begins_before_the_token_ends(
    following: WakeUps, hub: CountingHub, messaging: FakeMessaging, auth: FakeAuth
) -> None:
    """Nobody has to look: there was no moment in which nobody listened."""
    auth.expires_in = 1
    async with following.running():
        await becomes(lambda: [request.url.path for request in messaging.requests].count("/internal/live") == 3)
        await becomes(lambda: len(messaging.followers) == 1)
    assert hub.everybody == 1


async def test_messaging_may_have_missed_something_itself(
    following: WakeUps, hub: CountingHub, messaging: FakeMessaging
) -> None:
    async with following.running():
        await becomes(lambda: hub.following)
        messaging.followers[0].put_nowait("event: hello\ndata: {}\n\n: \n\n")
        await becomes(lambda: hub.everybody == 2)


async def test_nonsense_ends_the_connection_not_the_following(
    following: WakeUps, hub: CountingHub, messaging: FakeMessaging
) -> None:
    async with following.running():
        await becomes(lambda: hub.following)
        messaging.followers[0].put_nowait('event: wake\ndata: {"people": "all"}\n\n')
        await becomes(lambda: hub.everybody == 2)


async def test_silence_at_the_beginning_is_not_waited_for(
    following: WakeUps, hub: CountingHub, messaging: FakeMessaging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wake_ups, "PATIENCE", 0.05)
    messaging.slow = 30
    async with following.running():
        await becomes(lambda: len(messaging.requests) >= 2)
        assert not hub.following


async def test_events_as_lines() -> None:
    async def lines() -> AsyncIterator[str]:
        for line in [
            "retry: 2000",
            "",
            ": ",
            "",
            "event: wake",
            "id: 7",
            'data: {"a":',
            "data: 1}",
            "",
            "data: {}",
            "",
        ]:
            yield line

    assert [found async for found in events(lines())] == [("wake", '{"a":1}'), ("message", "{}")]


async def test_ending_leaves_no_task_behind(following: WakeUps, hub: CountingHub) -> None:
    before = asyncio.all_tasks()
    with suppress(ZeroDivisionError):
        async with following.running():
            await becomes(lambda: hub.following)
            raise ZeroDivisionError
    assert asyncio.all_tasks() - before == set()


async def test_ending_while_one_connection_follows_another(
    following: WakeUps, hub: CountingHub, messaging: FakeMessaging, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end comes just when the earlier connection is closed; it must not be mistaken for that one's end."""
    closing = asyncio.Event()
    close = Connection.close

    async def close_slowly(self: Connection) -> None:
        closing.set()
        await close(self)

    monkeypatch.setattr(Connection, "close", close_slowly)
    monkeypatch.setattr(wake_ups, "RENEWED_AT", 0.0)
    begun = time.monotonic()
    async with asyncio.timeout(5), following.running():
        await closing.wait()
    assert time.monotonic() - begun < 3
    assert messaging.followers == []
    assert hub.everybody == 1
