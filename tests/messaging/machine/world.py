"""Messaging in two copies on one database, driven from outside of any loop, and ways to break the line to it."""

import asyncio
import json
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any, TypeVar

import httpx
from afterglow_foundation.database import Database
from afterglow_foundation.testing.databases import MigratedDatabase
from afterglow_foundation.testing.people import Person, TestIssuer
from afterglow_messaging.main import create
from afterglow_messaging.settings import Settings

from tests.messaging.practice import Practice
from tests.messaging.processes import SOON, Process, process, terminate

Result = TypeVar("Result")
TRY_AGAIN = 0.02
PATIENCE = 120.0
BREAKS = ("before all was said", "once it was said", "when it was answered")


class World:
    """Both copies serve the same people; each has its own pool, keys in memory and streams."""

    def __init__(self, runner: asyncio.Runner, practice: Practice, copies: tuple[Process, Process]) -> None:
        self.runner = runner
        self.practice = practice
        self.copies = copies
        self.http = httpx.AsyncClient(limits=httpx.Limits(max_keepalive_connections=0), timeout=SOON)

    @classmethod
    @contextmanager
    def running(cls, settings: Settings, committed: MigratedDatabase, issuer: TestIssuer) -> Iterator["World"]:
        with asyncio.Runner() as runner:
            stack = AsyncExitStack()

            async def start() -> "World":
                rows, own = Database.connect(committed.superuser_url, pool_size=2), Database.connect(committed.app_url)
                stack.push_async_callback(rows.close)
                stack.push_async_callback(own.close)
                practice = Practice(create(settings, database=own, keys=issuer.keys()), issuer, rows)
                here = await stack.enter_async_context(process(settings, practice))
                there = await stack.enter_async_context(process(settings, practice))
                world = cls(runner, practice, (here, there))
                await stack.enter_async_context(world.http)
                return world

            try:
                yield runner.run(start())
            finally:
                runner.run(stack.aclose())

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        async def in_time() -> Result:
            async with asyncio.timeout(PATIENCE):
                return await work

        return self.runner.run(in_time())

    async def ask(self, person: Person, copy: int, method: str, path: str, **options: Any) -> httpx.Response:
        """Over a connection of its own: none is used again."""
        headers = {"authorization": f"Bearer {self.token(person)}"}
        url = f"{self.copies[copy].url}{path}"
        answer = await self.http.request(method, url, headers=headers, **options)
        assert answer.status_code != 500, "a fault of ours"
        return answer

    async def until_answered(self, person: Person, copy: int, path: str, body: Any) -> httpx.Response:
        """PUT it as an outbox does: again for as long as there is no answer, or one that asks for another try."""
        while True:
            try:
                answer = await self.ask(person, copy, "PUT", path, json=body)
            except httpx.TransportError:
                pass
            else:
                if answer.status_code != 503:
                    return answer
            await asyncio.sleep(TRY_AGAIN)

    def token(self, person: Person) -> str:
        return self.practice.issuer.token(person, "messaging")

    def request(self, person: Person, path: str, body: Any) -> bytes:
        """A PUT as it goes over the line."""
        content = json.dumps(body).encode()
        head = (
            f"PUT {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {self.token(person)}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
        )
        return head.encode() + content

    async def put_and_break(self, person: Person, copy: int, path: str, body: Any, *, break_at: str) -> None:
        """PUT over a line that breaks at one of BREAKS; whatever is answered, nobody reads."""
        url = httpx.URL(self.copies[copy].url)
        reader, writer = await asyncio.open_connection(url.host, url.port)
        content = self.request(person, path, body)
        writer.write(content[:-1] if break_at == BREAKS[0] else content)
        await writer.drain()
        if break_at == BREAKS[2]:
            await reader.readexactly(1)
        writer.transport.abort()

    async def break_all(self, copy: int, turns: int) -> None:
        """After so many turns of the loop cut every connection to a copy, wherever its requests are by then."""
        for _ in range(turns):
            await asyncio.sleep(0)
        for connection in list(self.copies[copy].server.server_state.connections):
            connection.transport.abort()

    async def lose_database(self) -> None:
        """Kill every connection of the service to its database, idle or in the middle of a statement."""
        await terminate(self.practice, "")
