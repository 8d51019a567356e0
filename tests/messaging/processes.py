"""Messaging as it really runs: several copies, each on a port, with a hub and a pool of its own (in one process)."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
import uvicorn
from afterglow_foundation.database import Database
from afterglow_foundation.live import Listening
from afterglow_foundation.testing.people import Person
from afterglow_messaging.live.hub import Hub
from afterglow_messaging.main import create
from afterglow_messaging.settings import Settings
from sqlalchemy import text

from tests.messaging.practice import API, WAKE_UPS, Practice

SOON = 30.0
NO_TLS = ssl.SSLContext(
    ssl.PROTOCOL_TLS_CLIENT
)  # for http: what a client would make of its own reads every authority first
TERMINATE = text("""
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = 'messaging_app' AND (:name = '' OR application_name = :name)
""")


@dataclass(frozen=True)
class Event:
    name: str
    data: Any
    id: str | None


class Stream:
    """The events of one open stream, as they arrive."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()
        self.comments = 0

    async def next(self, within: float | None = SOON) -> Event:
        """The next event. Raises StopAsyncIteration when the stream has ended, TimeoutError when none comes in time."""
        async with asyncio.timeout(within):
            while True:
                block = await self._block()
                if "event" in block:
                    return Event(block["event"], json.loads(block["data"]), block.get("id"))

    async def _block(self) -> dict[str, str]:
        block: dict[str, str] = {}
        while line := await anext(self._lines):
            name, _, value = line.partition(":")
            self.comments += not name
            block[name] = value.removeprefix(" ")
        return block

    async def texts(self, count: int) -> list[str]:
        """The words of the next messages."""
        return [(await self.next()).data["text"] for _ in range(count)]

    async def answer_start(self) -> str:
        """The first block as it was written, up to the cursor."""
        async with asyncio.timeout(SOON):
            return "\n".join([await anext(self._lines), (await anext(self._lines))])

    async def ends(self) -> bool:
        try:
            await self.next()
        except StopAsyncIteration:
            return True
        return False

    async def silent(self, seconds: float = 0.3) -> bool:
        """Nothing but comments for a while; the stream is used up by asking."""
        try:
            async with asyncio.timeout(seconds):
                await self.next()
        except TimeoutError:
            return True
        return False


@dataclass(frozen=True)
class Process:
    """One running copy of the service. `practice` speaks to the same database through this process."""

    practice: Practice
    server: uvicorn.Server
    serving: asyncio.Task[None]
    url: str

    @property
    def hub(self) -> Hub:
        hub: Hub = self.practice.app.state.hub
        return hub

    @property
    def is_listening(self) -> bool:
        listening: Listening = self.practice.app.state.listening
        return listening.connected.is_set()

    def stop(self) -> None:
        """What the signal does (`told_to_stop`, and the server's own handler)."""
        self.hub.close()
        self.server.should_exit = True

    async def stopped(self) -> None:
        async with asyncio.timeout(SOON):
            await asyncio.shield(self.serving)

    @asynccontextmanager
    async def follow(
        self, person: Person, cursor: str | None = None, *, path: str = f"{API}/events", **claims: Any
    ) -> AsyncIterator[Stream]:
        """Open a stream of a person's; of a service's with `path` and claims."""
        token = self.practice.issuer.token(person, "messaging", **claims)
        headers = {"authorization": f"Bearer {token}"} | ({"last-event-id": cursor} if cursor is not None else {})
        async with (
            httpx.AsyncClient(base_url=self.url, headers=headers, timeout=SOON, verify=NO_TLS) as http,
            http.stream("GET", path) as answer,
        ):
            if answer.is_error:
                await answer.aread()
            yield Stream(answer)

    @asynccontextmanager
    async def relay(self, **claims: Any) -> AsyncIterator[Stream]:
        """Open the stream of a whole service."""
        base = self.practice.app.state.settings.base_url
        known = {"scope": "live", "aud": [f"{base}{WAKE_UPS}"]}
        somebody = Person(role="service", name="web")  # type: ignore[arg-type]  # the claims say the rest
        async with self.follow(somebody, path=WAKE_UPS, **known | claims) as stream:
            yield stream


@asynccontextmanager
async def process(settings: Settings, practice: Practice) -> AsyncIterator[Process]:
    """Start a copy on a free port, and stop it as a signal would."""
    app = create(
        settings, database=Database.connect(settings.database_url.get_secret_value()), keys=practice.issuer.keys()
    )
    app.state.feed = None  # there is no auth here to hear from
    config = uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=60)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    await eventually(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    running = Process(replace(practice, app=app), server, serving, f"http://127.0.0.1:{port}")
    try:
        await eventually(lambda: running.is_listening)
        yield running
    finally:
        running.stop()
        await running.stopped()


async def eventually(condition: Callable[[], object]) -> None:
    """Wait until it holds. Raises TimeoutError when it does not soon."""
    async with asyncio.timeout(SOON):
        while not condition():  # noqa: ASYNC110  # there is no event for what tests look at from outside
            await asyncio.sleep(0.01)


async def terminate(practice: Practice, name: str) -> int:
    """End the app role's connections to the database, or those of one application name."""
    async with practice.arrange() as session:
        return int((await session.execute(TERMINATE, {"name": name})).scalar_one())
