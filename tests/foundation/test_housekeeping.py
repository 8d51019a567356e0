"""Housekeeping goes on, whatever went wrong."""

import asyncio
from datetime import timedelta

import pytest
from afterglow_foundation import housekeeping
from afterglow_foundation.database import Database


async def test_what_failed_is_tried_again_and_keeps_nothing_else_from_being_done(monkeypatch: pytest.MonkeyPatch):
    database, done = Database.connect("postgresql+asyncpg://nobody@127.0.0.1:1/none"), asyncio.Event()
    faults: list[Exception] = [OSError(), ValueError("not as its type says")]
    others: list[Database] = []

    async def forget(_database: Database) -> None:
        if faults:
            raise faults.pop()
        done.set()

    async def other(database: Database) -> None:
        others.append(database)

    monkeypatch.setattr(housekeeping, "EVERY", timedelta())
    keeping = asyncio.create_task(housekeeping.keep_house(database, forget, other))
    async with asyncio.timeout(20):
        await done.wait()
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
    assert others[:2] == [database, database]
