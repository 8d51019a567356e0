"""Ask a scanner about a file, by clamd's own protocol (INSTREAM). Without one configured nothing is asked."""

import asyncio
import struct
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

import structlog

from afterglow_messaging.attachments.refusals import NotScanned

PATIENCE = 8.0  # seconds for all of it; whoever waits for the answer waits ten
PIECE = 64 * 1024
LONGEST_ANSWER = 4096
logger = structlog.get_logger()


class Verdict(StrEnum):
    clean = "clean"
    infected = "infected"


@dataclass(frozen=True, slots=True)
class Scanner:
    """`address` is `tcp://host:port` or `unix:/path`; an empty one means that the practice has no scanner."""

    address: str

    async def scan(self, content: bytes) -> Verdict:
        """Raise NotScanned where no answer came that says one or the other."""
        if not self.address:
            return Verdict.clean
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self.ask(content)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            logger.warning("scanner not reached", error_type=type(error).__name__)
            raise NotScanned from error
        return self.verdict(answer)

    @staticmethod
    def verdict(answer: str) -> Verdict:
        """What `stream: OK` or `stream: <name> FOUND` means; the name is for the log alone."""
        if answer == "stream: OK":
            return Verdict.clean
        if answer.startswith("stream: ") and answer.endswith(" FOUND"):
            logger.warning("scanner found something", found=answer[8:-6])
            return Verdict.infected
        logger.warning("scanner could not tell", answer=answer[:LONGEST_ANSWER])
        raise NotScanned

    async def ask(self, content: bytes) -> str:
        reader, writer = await self.connect()
        try:
            writer.write(b"zINSTREAM\0")
            for begin in range(0, len(content), PIECE):
                piece = content[begin : begin + PIECE]
                writer.write(struct.pack("!I", len(piece)) + piece)
                await writer.drain()
            writer.write(struct.pack("!I", 0))
            await writer.drain()
            return (await reader.readuntil(b"\0"))[:-1].decode(errors="replace")
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        where = urlsplit(self.address)
        if where.scheme == "unix":
            return await asyncio.open_unix_connection(where.path, limit=LONGEST_ANSWER)
        return await asyncio.open_connection(where.hostname, where.port, limit=LONGEST_ANSWER)
