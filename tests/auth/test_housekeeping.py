"""Housekeeping goes on, whatever went wrong."""

import asyncio
from datetime import timedelta

import pytest
from afterglow_auth import housekeeping
from afterglow_foundation.testing.databases import RolledBackDatabase
from asyncpg import PostgresConnectionError


async def test_it_is_tried_again_whatever_it_was(database: RolledBackDatabase, monkeypatch: pytest.MonkeyPatch):
    faults: list[Exception] = [PostgresConnectionError("cut off"), ValueError("not as its type says"), OSError()]
    done = asyncio.Event()

    async def forget(_database: object) -> None:
        if faults:
            raise faults.pop()
        done.set()

    monkeypatch.setattr(housekeeping, "EVERY", timedelta())
    monkeypatch.setattr(housekeeping, "forget_expired", forget)
    keeping = asyncio.create_task(housekeeping.keep_house(database))
    async with asyncio.timeout(20):
        await done.wait()
    assert not keeping.done()
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
