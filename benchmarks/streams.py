"""What two thousand open browser streams weigh in web and messaging together.

One person may open only so many, so the streams are those of a crowd of clients made for this.
"""

import asyncio
from dataclasses import dataclass
from itertools import cycle
from urllib.parse import urlsplit
from uuid import uuid4

from afterglow_auth.accounts.service import NewPerson, import_people
from afterglow_foundation.database import Database, RowContext

from benchmarks import memory
from benchmarks.load import HEADER_END, loopback_port, request_bytes
from benchmarks.messages import Connection
from benchmarks.sign_in import web_cookie
from benchmarks.system import System

STREAMS = 2_000
OF_ONE_PERSON = 20
AT_ONCE = 50
SETTLED = 3.0
WEIGHED = ("web", "messaging")


@dataclass(frozen=True)
class Weight:
    """Mebibytes of web and messaging together: without streams, with them, and the number that was open."""

    before: float
    after: float
    streams: int


def weigh(system: System) -> float:
    processes = system.running["processes"]
    return sum(memory.by_process({name: processes[name] for name in WEIGHED}).values())


async def run(system: System) -> Weight:
    """Open the streams through the gateway and weigh both services."""
    cookies = cycle([web_cookie(system.base_url, each) for each in await crowd(system, STREAMS // OF_ONE_PERSON)])
    before = weigh(system)
    opened: list[Connection] = []
    try:
        while len(opened) < STREAMS:
            opened += await asyncio.gather(*(open_stream(system.base_url, next(cookies)) for _ in range(AT_ONCE)))
        await asyncio.sleep(SETTLED)
        return Weight(before, weigh(system), len(opened))
    finally:
        for _, writer in opened:
            writer.close()


async def crowd(system: System, people: int) -> list[dict[str, str]]:
    """Accounts of made-up clients in auth's database, whose feed tells the others."""
    marks = [uuid4().hex[:12] for _ in range(people)]
    accounts = [{"email": f"{mark}@example.org", "password": f"one of a crowd {mark}"} for mark in marks]
    database = Database.connect(system.secret("auth", "afterglow_worker_database_url"), pool_size=1)
    async with database.unit_of_work(RowContext()) as session:
        await import_people(session, [NewPerson(name="One of a crowd", role="client", **each) for each in accounts])
    await database.close()
    return accounts


async def open_stream(base_url: str, cookie: str) -> Connection:
    """One browser's stream, once its head and first bytes came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", loopback_port(base_url), limit=4096)
    headers = {"Cookie": cookie, "Accept": "text/event-stream", "Sec-Fetch-Site": "same-origin"}
    writer.write(request_bytes("GET", "/live", urlsplit(base_url).netloc, headers))
    head = await reader.readuntil(HEADER_END)
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"no stream: {head[:40]!r}")
    await reader.readline()
    return reader, writer
