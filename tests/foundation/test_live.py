"""Answers that go on: flags, streams and their ends, without a service around them."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.live import EventStream, Listener, Listening, event, told_to_stop, waking
from starlette.types import Message


def caller(seconds: float | None) -> Caller:
    expires_at = None if seconds is None else datetime.now(UTC) + timedelta(seconds=seconds)
    return Caller(id=new_id(), role=Role.client, expires_at=expires_at)


class Reader:
    """The other end of an answer: what it was sent, and when it leaves."""

    def __init__(self, *, takes: bool = True) -> None:
        self.messages: list[Message] = []
        self.leaves = asyncio.Event()
        self.takes = takes

    async def receive(self) -> Message:
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if not self.takes and message.get("body"):
            await asyncio.Event().wait()
        self.messages.append(message)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages)

    @property
    def finished(self) -> bool:
        return self.messages[-1]["type"] == "http.response.body" and not self.messages[-1].get("more_body")


@contextmanager
def registered(listener: Listener, left: list[Listener]) -> Iterator[Listener]:
    try:
        yield listener
    finally:
        left.append(listener)


async def counting(listener: Listener) -> AsyncGenerator[str, None]:
    number = 0
    async for woken in waking(listener, caller(60)):
        number += 1
        yield event("number", f"{number}") if woken else ": \n\n"


def test_an_event_is_written_as_the_standard_has_it() -> None:
    assert event("message", '{"a":1}', "5:6:") == 'id: 5:6:\nevent: message\ndata: {"a":1}\n\n'
    assert event("hello", "{}") == "event: hello\ndata: {}\n\n"


async def test_many_wake_ups_are_one_flag() -> None:
    listener = Listener()
    assert await listener.woken(1)
    for _ in range(1_000):
        listener.wake()
    assert await listener.woken(1)
    assert not await listener.woken(0.01)
    listener.wake_later(0.01)
    assert await listener.woken(1)


async def test_waking_ends_with_the_token_and_without_one() -> None:
    listener = Listener()
    assert [woken async for woken in waking(listener, caller(0.05))] == [True, False]
    assert [woken async for woken in waking(listener, caller(None))] == []
    assert [woken async for woken in waking(listener, caller(-1))] == []


async def test_a_stream_ends_when_its_listener_does_and_says_so() -> None:
    listener, left, reader = Listener(), list[Listener](), Reader()
    answering = asyncio.create_task(EventStream(registered(listener, left), counting)({}, reader.receive, reader.send))
    await asyncio.sleep(0.01)
    listener.end()
    await asyncio.wait_for(answering, 30)
    assert reader.body == b"event: number\ndata: 1\n\n"
    assert reader.finished
    assert left == [listener]


async def test_a_reader_who_leaves_ends_it() -> None:
    listener, left, reader = Listener(), list[Listener](), Reader()
    answering = asyncio.create_task(EventStream(registered(listener, left), counting)({}, reader.receive, reader.send))
    await asyncio.sleep(0.01)
    reader.leaves.set()
    await asyncio.wait_for(answering, 30)
    assert left == [listener]


async def test_a_reader_who_takes_nothing_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afterglow_foundation.live.streams.PATIENCE", 0.05)
    listener, left, reader = Listener(), list[Listener](), Reader(takes=False)
    await asyncio.wait_for(EventStream(registered(listener, left), counting)({}, reader.receive, reader.send), 30)
    assert not reader.finished
    assert left == [listener]


async def test_a_stream_that_fails_or_is_cancelled_is_left_too() -> None:
    async def failing(_: Listener) -> AsyncGenerator[str, None]:
        yield "first"
        raise ZeroDivisionError

    left: list[Listener] = []
    reader = Reader()
    with pytest.raises(ZeroDivisionError):
        await EventStream(registered(Listener(), left), failing)({}, reader.receive, reader.send)
    answering = asyncio.create_task(
        EventStream(registered(Listener(), left), counting)({}, reader.receive, reader.send)
    )
    await asyncio.sleep(0.01)
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering
    assert len(left) == 2


async def test_the_signal_is_told_before_the_server_acts_on_it() -> None:
    told: list[str] = []
    before = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, lambda *_: told.append("server"))
    try:
        with told_to_stop(lambda: told.append("streams")):
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(0.05)
        assert sorted(told) == ["server", "streams"]
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.05)
        assert sorted(told) == ["server", "server", "streams"]
    finally:
        signal.signal(signal.SIGTERM, before)


async def test_outside_the_main_thread_no_signal_is_touched() -> None:
    before = signal.getsignal(signal.SIGTERM)
    seen: list[object] = []

    async def elsewhere() -> None:
        with told_to_stop(lambda: None):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=lambda: asyncio.run(elsewhere()))
    thread.start()
    await asyncio.to_thread(thread.join)
    assert seen == [before]


async def test_listening_waits_for_a_database_that_is_away(admin_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afterglow_foundation.live.listening.PAUSES", (0.0, 0.01))
    missed: list[bool] = []
    listening = Listening("postgresql://nobody@127.0.0.1:1/x", "live", hear=print, missed=lambda: missed.append(True))
    async with listening.running():
        await asyncio.sleep(0.1)
        assert not listening.connected.is_set()
        listening._url = admin_url
        await asyncio.wait_for(listening.connected.wait(), 60)
        assert missed == [True]
    assert not listening.connected.is_set()


async def test_a_connection_that_answers_no_more_is_given_up(admin_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the network went away without a word: the question now and then finds out."""
    monkeypatch.setattr("afterglow_foundation.live.listening.LOOK_AFTER", 0.02)
    monkeypatch.setattr("afterglow_foundation.live.listening.PATIENCE", 0.5)
    missed: list[bool] = []
    listening = Listening(admin_url, "live", hear=print, missed=lambda: missed.append(True))

    async def no_answer(*_: object, **__: object) -> None:
        raise TimeoutError

    async with listening.running():
        await asyncio.wait_for(listening.connected.wait(), 60)
        with monkeypatch.context() as broken:
            broken.setattr("asyncpg.Connection.execute", no_answer)
            await asyncio.sleep(0.1)
        await asyncio.wait_for(listening.connected.wait(), 60)
        assert len(missed) >= 2
