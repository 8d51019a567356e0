"""Taking away what was left lying, every hour or as often as is asked, while a service runs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta

import structlog
from fastapi import FastAPI

from afterglow_foundation.database import Database
from afterglow_foundation.telemetry import frames_of

logger = structlog.get_logger()
EVERY = timedelta(hours=1)
Chore = Callable[[Database], Awaitable[None]]


async def keep_house(database: Database, *chores: Chore, every: timedelta | None = None) -> None:
    """`database` is that of a role which may do them. A chore that fails keeps no other from being done."""
    while True:
        await asyncio.sleep((every or EVERY).total_seconds())
        for chore in chores:
            try:
                await chore(database)
            except Exception as error:  # noqa: BLE001  # it is tried again; nobody would see the task end
                logger.warning("not tidied", error_type=type(error).__name__, frames=frames_of(error))


def housekeeping(*chores: Chore) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """A part of a service's life that does these chores."""

    @asynccontextmanager
    async def keeping(app: FastAPI) -> AsyncIterator[None]:
        database = Database.connect(app.state.settings.worker_database_url.get_secret_value(), pool_size=1)
        task = asyncio.create_task(keep_house(database, *chores))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await database.close()

    return keeping
