"""Taking away what was left lying, every hour while the service runs: uploads that were begun and never ended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import structlog
from afterglow_foundation.database import Database
from afterglow_foundation.telemetry import frames_of
from fastapi import FastAPI

from afterglow_portal.voice_notes.erasing import forget_unfinished

logger = structlog.get_logger()
EVERY = timedelta(hours=1)


async def keep_house(database: Database) -> None:
    """`database` is the worker role's."""
    while True:
        await asyncio.sleep(EVERY.total_seconds())
        try:
            await forget_unfinished(database)
        except Exception as error:  # noqa: BLE001  # whatever it was, it is tried again; nobody would see the task end
            logger.warning("unfinished uploads not deleted", error_type=type(error).__name__, frames=frames_of(error))


@asynccontextmanager
async def housekeeping(app: FastAPI) -> AsyncIterator[None]:
    """A part of the service's life."""
    database = Database.connect(app.state.settings.worker_database_url.get_secret_value(), pool_size=1)
    task = asyncio.create_task(keep_house(database))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await database.close()
