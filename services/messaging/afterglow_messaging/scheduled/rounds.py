"""Sending what is due as a part of the service's life."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import structlog
from afterglow_foundation.database import Database
from afterglow_foundation.telemetry import frames_of
from fastapi import FastAPI

from afterglow_messaging.scheduled.sending import send_due

logger = structlog.get_logger()
EVERY = timedelta(seconds=5)


async def go_on(worker: Database, app: Database) -> None:
    """Look for ever; whatever goes wrong is tried again in the next round."""
    while True:
        await asyncio.sleep(EVERY.total_seconds())
        try:
            await send_due(worker, app)
        except Exception as error:  # noqa: BLE001  # whatever it was, messages must go out
            logger.warning("scheduled messages not looked at", error_type=type(error).__name__, frames=frames_of(error))


@asynccontextmanager
async def sending_later(app: FastAPI) -> AsyncIterator[None]:
    worker = Database.connect(app.state.settings.worker_database_url.get_secret_value(), pool_size=1)
    task = asyncio.create_task(go_on(worker, app.state.database))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await worker.close()
