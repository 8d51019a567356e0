"""Messages: sent through the gateway, and how soon the other side's stream has them."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from afterglow_foundation.identifiers import new_id

from benchmarks.check_ins import puts
from benchmarks.load import (
    HEADER_END,
    Alike,
    Answer,
    MakeRequest,
    Measured,
    loopback_port,
    measure,
    read_answer,
    request_bytes,
)
from benchmarks.sign_in import api_tokens
from benchmarks.system import Bare, System
from benchmarks.ways import INSERT_BEHIND, Way

TEXT = "Thank you, the walk did me good. I will bring the page about Thursday to our session."
PACE = 100  # per second
PATIENCE = 10.0


@dataclass(frozen=True)
class Pair:
    """A client and a therapist in care, each with a token, and their conversation."""

    conversation: str
    client_token: str
    therapist_token: str


def pair_of(system: System) -> Pair:
    """The first conversation of the first therapist."""
    therapist = api_tokens(system.base_url, system.account("therapist"))["access_token"]
    headers = {"Authorization": f"Bearer {therapist}"}
    answer = httpx.get(f"{system.base_url}/api/messaging/conversations", headers=headers).raise_for_status()
    first: dict[str, Any] = answer.json()["items"][0]
    client = next(each for each in system.accounts("client") if each["id"] == first["client"]["id"])
    return Pair(first["id"], api_tokens(system.base_url, client)["access_token"], therapist)


def sends(system: System, pair: Pair, sent: dict[str, float] | None = None) -> MakeRequest:
    """PUT a new message each time; `sent` takes its id and when."""
    host = urlsplit(system.base_url).netloc
    headers = {"Authorization": f"Bearer {pair.client_token}", "Content-Type": "application/json"}
    body = json.dumps({"text": TEXT}).encode()

    def make() -> bytes:
        message = str(new_id())
        if sent is not None:
            sent[message] = time.perf_counter()
        path = f"/api/messaging/conversations/{pair.conversation}/messages/{message}"
        return request_bytes("PUT", path, host, headers, body)

    return make


def ways(system: System, pair: Pair) -> list[Way]:
    make = sends(system, pair)
    return [Way("message sent, one conversation", system.base_url, lambda: Alike(make), (201,), INSERT_BEHIND)]


@dataclass
class Delivery:
    """Messages sent at a time and had by the therapist's stream at another, in seconds; `twice` came again."""

    sent: dict[str, float] = field(default_factory=dict)
    had: dict[str, float] = field(default_factory=dict)
    twice: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def complete(self) -> None:
        """Wait until all that was sent is there, or patience is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while self.sent.keys() - self.had.keys():
                    self.arrived.clear()
                    await self.arrived.wait()

    def measured(self, seconds: float) -> Measured:
        """Milliseconds from sending to having; raises where one is missing or came twice."""
        missing = self.sent.keys() - self.had.keys()
        if missing or self.twice:
            raise RuntimeError(f"{len(missing)} messages not delivered, {self.twice} delivered twice")
        return Measured(seconds, [(self.had[each] - at) * 1000 for each, at in self.sent.items()])


@asynccontextmanager
async def listening(system: System, pair: Pair) -> AsyncIterator[Delivery]:
    """The therapist's event stream through the gateway, read until the block ends and all that was sent is there."""
    delivery = Delivery()
    reader, writer = await asyncio.open_connection("127.0.0.1", loopback_port(system.base_url))
    headers = {"Authorization": f"Bearer {pair.therapist_token}", "Accept": "text/event-stream"}
    writer.write(request_bytes("GET", "/api/messaging/events", urlsplit(system.base_url).netloc, headers))
    head = await reader.readuntil(HEADER_END)
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"no stream: {head[:40]!r}")
    reading = asyncio.create_task(note_arrivals(reader, delivery))
    try:
        yield delivery
        await delivery.complete()
    finally:
        reading.cancel()
        writer.close()


async def note_arrivals(reader: asyncio.StreamReader, delivery: Delivery) -> None:
    """Note each message's id and time; lines of the chunked coding in between are passed over."""
    while line := await reader.readline():
        if line.startswith(b"data:") and b'"text"' in line:
            message = str(json.loads(line.removeprefix(b"data:"))["id"])
            delivery.twice += message in delivery.had
            delivery.had.setdefault(message, time.perf_counter())
            delivery.arrived.set()


async def paced(system: System, bare: Bare, pair: Pair, seconds: float) -> tuple[Measured, Measured]:
    """Both at a hundred a second: the bare INSERT's answers, and messages from sending to the other's stream."""
    insert = puts(bare.gateway, "unread")
    inserts = await at_a_pace(bare.gateway, Alike(insert), seconds)
    async with listening(system, pair) as delivery:
        await at_a_pace(system.base_url, Alike(sends(system, pair, delivery.sent)), seconds)
    return inserts.require(201), delivery.measured(seconds)


async def saturated(system: System, pair: Pair, seconds: float) -> Measured:
    """As fast as it goes on sixteen connections, with the other side's stream open: all delivered, none twice."""
    async with listening(system, pair) as delivery:
        make = sends(system, pair, delivery.sent)
        sent = (await measure(system.base_url, lambda: Alike(make), seconds)).require(201)
    return delivery.measured(sent.seconds)


async def at_a_pace(url: str, sender: Alike, seconds: float) -> Measured:
    """One request every hundredth of a second, whether the last was answered or not."""
    measured = Measured()
    idle = [await asyncio.open_connection("127.0.0.1", loopback_port(url)) for _ in range(8)]
    running: set[asyncio.Task[None]] = set()
    started = time.perf_counter()
    for number in range(int(seconds * PACE)):
        await asyncio.sleep(max(0.0, started + number / PACE - time.perf_counter()))
        connection = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", loopback_port(url))
        task = asyncio.create_task(once(connection, sender, measured, idle))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)
    measured.seconds = time.perf_counter() - started
    for _, writer in idle:
        writer.close()
    return measured


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def once(connection: Connection, sender: Alike, measured: Measured, idle: list[Connection]) -> None:
    reader, writer = connection
    begun = time.perf_counter()
    writer.write(sender.request())
    answer: Answer = await read_answer(reader)
    measured.milliseconds.append((time.perf_counter() - begun) * 1000)
    measured.statuses[answer.status] = measured.statuses.get(answer.status, 0) + 1
    idle.append(connection)
