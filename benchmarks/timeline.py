"""Ten years of one person's check-ins: read through portal, and fetched and opened by a bare loop, in turn.

Beside the clock it takes processor time, ours as that of portal and the loop's as its own, each with the database
server's: on a machine that others use the clock says little. `python -m benchmarks.timeline` runs it alone.
"""

import asyncio
import gc
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import psutil
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.sealing import Binding, DataKey, DataKeyStore, FileKeyProvider
from afterglow_portal import models
from afterglow_portal.checkins.history import ImportedCheckIn, import_history

from benchmarks.load import Measured, loopback_port, read_answer, request_bytes
from benchmarks.sign_in import api_tokens
from benchmarks.system import System, temporary_system

DAYS = 3_650
ROUNDS = 120
NOTE = "Slept seven hours, walked to the lake and back, the evening was lighter than the morning."
ROWS = """
    SELECT id, mood, energy, anxiety, items, words, tags, note, felt_at, entered_at, time_zone, local_date, visibility,
           back_dated, version, edited_at
    FROM check_ins WHERE client_id = $1 AND erased_at IS NULL ORDER BY felt_at DESC, id DESC
"""


@dataclass
class Cost:
    """What one way took: milliseconds by the clock, and seconds of processors over all rounds."""

    measured: Measured = field(default_factory=Measured)
    processor: float = 0.0


@dataclass(frozen=True)
class Figures:
    entries: int
    ours: Cost
    bare: Cost

    def ratio(self, part: float) -> float:
        return self.ours.measured.percentile(part) / self.bare.measured.percentile(part)

    @property
    def processor_ratio(self) -> float:
        return self.ours.processor / self.bare.processor


async def run(system: System, client_number: int = 3) -> Figures:
    """Give a client ten years of check-ins, and read them both ways."""
    account = system.account("client", client_number)
    client = UUID(account["id"])
    url = system.secret("portal", "afterglow_database_url")
    key = await lived(url, system.secret("portal", "afterglow_key_encryption_keys"), client)
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    reader, writer = await asyncio.open_connection("127.0.0.1", loopback_port(system.address("portal")))
    headers = {"Authorization": f"Bearer {api_tokens(system.base_url, account)['access_token']}"}
    asking = request_bytes("GET", "/api/portal/check-ins/timeline", urlsplit(system.address("portal")).netloc, headers)

    async def ours() -> int:
        writer.write(asking)
        answer = await read_answer(reader)
        return answer.body.count(b'"client_id"')

    async def bare() -> int:
        rows = await connection.fetch(ROWS, client)
        return len([opened(row, key) for row in rows])

    await connection.execute("SELECT set_config('app.person', $1, false)", str(client))
    await connection.execute("SELECT set_config('app.role', 'client', false)")
    figures = Figures(await bare(), Cost(), Cost())
    portal = psutil.Process(system.running["processes"]["portal"])
    database = psutil.Process(system.running["processes"]["postgres"])
    gc.collect()
    gc.freeze()  # as the services do after their start
    for number in range(ROUNDS):
        for way, cost, process in ((ours, figures.ours, portal), (bare, figures.bare, psutil.Process())):
            await measure(way, cost if number else Cost(), [process, *database.children()], figures.entries)
    gc.unfreeze()
    writer.close()
    await connection.close()
    return figures


async def measure(way: Callable[[], Awaitable[int]], cost: Cost, processes: list[psutil.Process], entries: int) -> None:
    before, begun = processor_seconds(processes), time.perf_counter()
    found = await way()
    cost.measured.milliseconds.append((time.perf_counter() - begun) * 1000)
    after = processor_seconds(processes)
    cost.processor += sum(after[process] - before[process] for process in after.keys() & before.keys())
    if found != entries:
        raise RuntimeError(f"{found} entries instead of {entries}")


def processor_seconds(processes: list[psutil.Process]) -> dict[psutil.Process, float]:
    """What each has had so far; a server process that ended meanwhile is left out."""
    found = {}
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            found[process] = sum(process.cpu_times()[:2])
    return found


def opened(row: asyncpg.Record, key: DataKey) -> str | None:
    place = Binding(service="portal", table="check_ins", column="note", row=row["id"], owner=key.owner)
    return key.open(row["note"], place) if row["note"] else None


async def lived(url: str, key_encryption_keys: str, client: UUID) -> DataKey:
    """Bring in one check-in a day, each with a sealed note, before those that are there; return the client's key."""
    database = Database.connect(url)
    keys = DataKeyStore(models.DataKey, FileKeyProvider(key_encryption_keys))
    now = datetime.now(UTC)
    moments = [now - timedelta(days=days) for days in range(1, DAYS)]
    await import_history(database, keys, client, [entry(at, number) for number, at in enumerate(moments)])
    async with database.unit_of_work(RowContext(client, Role.client)) as session:
        key = await keys.find_or_make(session, client)
    await database.close()
    return key


def entry(at: datetime, number: int) -> ImportedCheckIn:
    values = {
        "mood": number % 11 - 5,
        "energy": number % 7 - 3,
        "anxiety": number % 10,
        "note": NOTE,
        "words": ("calm",),
    }
    return ImportedCheckIn.model_validate_json(
        json.dumps(
            values
            | {"id": str(new_id()), "entered_at": at.isoformat(), "felt_at": at.isoformat()}
            | {"time_zone": "Europe/London", "visibility": "only_me"}
        )
    )


def sentence(figures: Figures) -> str:
    ours, bare = figures.ours.measured, figures.bare.measured
    return (
        f"A timeline of {figures.entries:,} entries, p50 / p99 ms: through portal "
        f"{ours.percentile(0.5):.0f} / {ours.percentile(0.99):.0f}, in a bare loop that fetches and opens them "
        f"{bare.percentile(0.5):.0f} / {bare.percentile(0.99):.0f}: {figures.ratio(0.5):.2f} / "
        f"{figures.ratio(0.99):.2f} times, with {figures.processor_ratio:.2f} times the processor time."
    )


def main() -> None:
    with temporary_system() as system:
        system.start()
        print(sentence(asyncio.run(run(system))))


if __name__ == "__main__":
    main()
