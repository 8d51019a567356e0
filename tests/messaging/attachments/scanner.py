"""A scanner that speaks clamd's protocol, as far as INSTREAM goes, on the loopback."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.messaging.attachments.sending import EICAR


@dataclass
class FakeClamd:
    """`answer` replaces what it says; `cut` ends connections without a word; `silent` keeps them without one."""

    address: str = ""
    answer: bytes | None = None
    cut: bool = False
    silent: bool = False
    scanned: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(10) == b"zINSTREAM\0"
        content = b""
        while not self.cut and (length := struct.unpack("!I", await reader.readexactly(4))[0]):
            content += await reader.readexactly(length)
        if self.silent:
            await asyncio.Event().wait()
        if not self.cut:
            self.scanned.append(content)
            found = b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0"
            writer.write(self.answer or found)
        writer.close()


@asynccontextmanager
async def fake_clamd() -> AsyncIterator[FakeClamd]:
    clamd = FakeClamd()
    server = await asyncio.start_server(clamd.serve, "127.0.0.1", 0)
    clamd.address = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield clamd
    finally:
        server.close()
