"""The network between a browser and the gateway, to be cut by a test: a relay of bytes that a context has as proxy."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit


class Relay:
    """Takes connections while `open`; `cut` breaks those that are there and refuses new ones."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.target = (str(parts.hostname), int(parts.port or 80))
        self.open = True
        self.writers: set[asyncio.StreamWriter] = set()
        self.server: asyncio.Server | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Relay"]:
        self.server = await asyncio.start_server(self.take, "127.0.0.1", 0)
        yield self
        self.cut()
        self.server.close()

    @property
    def proxy(self) -> dict[str, Any]:
        """The context's options. Browsers leave their proxy out for loopback addresses unless told otherwise."""
        assert self.server is not None
        port = self.server.sockets[0].getsockname()[1]
        return {"proxy": {"server": f"http://127.0.0.1:{port}", "bypass": "<-loopback>"}}

    def cut(self) -> None:
        self.open = False
        for writer in list(self.writers):
            writer.transport.abort()

    def mend(self) -> None:
        self.open = True

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.open:
            writer.transport.abort()
            return
        there_reader, there = await asyncio.open_connection(*self.target)
        self.writers |= {writer, there}
        await asyncio.gather(self.pass_on(reader, there), self.pass_on(there_reader, writer))
        self.writers -= {writer, there}

    @staticmethod
    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()
