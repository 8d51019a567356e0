"""People who listen while programs die: each comes back after a break and goes on after the last event that arrived."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import httpx

from tests.faults.writing import BETWEEN_TRIES
from tests.messaging.processes import SOON, Stream

BROKEN = (httpx.TransportError, StopAsyncIteration, TimeoutError)


@dataclass
class Follower:
    """What came over one person's streams, one after the other: each message's id and number, as often."""

    name: str
    http: httpx.AsyncClient
    path: str
    heard: list[tuple[str, int]] = field(default_factory=list)
    cursor: str | None = None
    breaks: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self) -> None:
        """For ever: whoever began it cancels it."""
        while True:
            with suppress(*BROKEN):
                await self.follow_once()
            self.breaks += 1
            await asyncio.sleep(BETWEEN_TRIES)

    async def follow_once(self) -> None:
        """Until the stream ends or breaks. An answer that asks for another try is one; anything else is kept."""
        after = {"last-event-id": self.cursor} if self.cursor else {}
        async with self.http.stream("GET", self.path, headers=after, timeout=SOON) as answer:
            if answer.is_success:
                await self.take(Stream(answer))
            elif not answer.is_server_error:
                self.refused[answer.status_code] += 1

    async def take(self, stream: Stream) -> None:
        while True:
            event = await stream.next()
            if event.name == "message":
                self.heard.append((event.data["id"], event.data["sequence"]))
            if event.id is not None:
                self.cursor = event.id
                self.begun.set()

    def has_heard(self, ids: set[str]) -> bool:
        return ids <= {message for message, _ in self.heard}

    @property
    def repeated(self) -> int:
        return len(self.heard) - len(set(self.heard))
