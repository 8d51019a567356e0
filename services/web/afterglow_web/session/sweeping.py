"""Taking away what is over, every few minutes: who signs in does not wait for it, and nobody brings it about."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from afterglow_foundation.housekeeping import keep_house
from fastapi import FastAPI

from afterglow_web.session.store import sweep

EVERY = timedelta(minutes=5)


@asynccontextmanager
async def sweeping(app: FastAPI) -> AsyncIterator[None]:
    """A part of web's life. In the role of the pages: what is over, row policies let go of."""
    task = asyncio.create_task(keep_house(app.state.database, sweep, every=EVERY))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
