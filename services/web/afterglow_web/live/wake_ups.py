"""The one connection to messaging by which this process learns whose streams have something to look at."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import structlog
from afterglow_foundation.client import ServiceClient, ServiceTokens
from afterglow_foundation.errors import Problem
from pydantic import BaseModel, ValidationError

from afterglow_web.live.hub import Hub

logger = structlog.get_logger()
PATH = "/internal/live"
PATIENCE = 10.0  # for the first word of a new connection
PAUSES = (0.2, 0.5, 1.0, 2.0)  # before each try to come back; then the last one again and again
RENEWED_AT = 0.8  # of the token's life, with which the connection ends


class WakeUp(BaseModel):
    people: list[UUID]


class Connection:
    """One connection, reading in a task of its own. `greeted` is set by its first word: from then on nothing is missed.

    A `hello` after the first one says that messaging itself may have missed something.
    """

    def __init__(self, messaging: ServiceClient, tokens: ServiceTokens, hub: Hub) -> None:
        self._messaging, self._tokens, self._hub = messaging, tokens, hub
        self.greeted = asyncio.Event()
        self.lifetime = 0.0
        self.task = asyncio.create_task(self._read())

    async def begins(self) -> bool:
        """Wait for its first word; False when none came."""
        hello = asyncio.create_task(self.greeted.wait())
        await asyncio.wait({hello, self.task}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        hello.cancel()
        return self.greeted.is_set() and not self.task.done()

    async def ends(self, *, within: float) -> None:
        await asyncio.wait({self.task}, timeout=within)

    async def close(self) -> None:
        self.task.cancel()
        await asyncio.wait(
            {self.task}
        )  # not `await self.task`: whoever closes may be cancelled meanwhile, and must know

    async def _read(self) -> None:
        try:
            token = await self._tokens.fresh()
            self.lifetime = token.expires_in
            async with self._messaging.lines(PATH, token=token.access_token) as lines:
                async for name, data in events(lines):
                    self._take(name, data)
        except (Problem, ValidationError) as error:
            logger.warning("no wake-ups from messaging", error_type=type(error).__name__)

    def _take(self, name: str, data: str) -> None:
        if name == "wake":
            self._hub.wake(WakeUp.model_validate_json(data).people)
        elif name == "hello" and self.greeted.is_set():
            self._hub.wake_everybody()
        elif name == "hello":
            self.greeted.set()


class WakeUps:
    """Keeps a connection, and opens the next before the token of the present one ends."""

    def __init__(self, messaging: ServiceClient, tokens: ServiceTokens, hub: Hub) -> None:
        self._messaging, self._tokens, self._hub = messaging, tokens, hub
        self._present: Connection | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._follow_for_ever())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _follow_for_ever(self) -> None:
        failures = 0
        try:
            while True:
                failures = 0 if await self._renew() else failures + 1
                if failures:
                    await asyncio.sleep(PAUSES[min(failures, len(PAUSES)) - 1])
                elif self._present:
                    await self._present.ends(within=self._present.lifetime * RENEWED_AT)
                    self._hub.following = not self._present.task.done()
        finally:
            if self._present:
                await self._present.close()

    async def _renew(self) -> bool:
        """Open the next connection. Only where the last one broke before it began, everybody has to look."""
        following = Connection(self._messaging, self._tokens, self._hub)
        try:
            if not await following.begins():
                return False
            earlier, self._present = self._present, following
        finally:
            if self._present is not following:
                await following.close()
        if earlier is None or earlier.task.done():
            self._hub.wake_everybody()
        else:
            await earlier.close()
        self._hub.following = True
        return True


async def events(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, str]]:
    """Name and data of each server-sent event; comments and what else there may be are passed over."""
    name, data = "message", ""
    async for line in lines:
        field, _, value = line.partition(":")
        if field == "event":
            name = value.strip()
        elif field == "data":
            data += value.strip()
        elif not line:
            if data:
                yield name, data
            name, data = "message", ""
