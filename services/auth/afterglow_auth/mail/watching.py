"""Whether the mail server answers, asked every minute: for the metrics, and through them for `afterglow doctor`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from afterglow_foundation.mail import MailSettings, answers
from fastapi import FastAPI
from prometheus_client import Gauge

logger = structlog.get_logger()
EVERY = 60.0


async def keep_asking(settings: MailSettings, gauge: Gauge) -> None:
    before: bool | None = None
    while True:
        now = await answers(settings)
        gauge.set(now)
        if now and before is False:
            logger.info("mail server answers again")
        if not now and before is not False:
            logger.error("mail server does not answer")
        before = now
        await asyncio.sleep(EVERY)


@asynccontextmanager
async def mail_watch(app: FastAPI) -> AsyncIterator[None]:
    """A part of the service's life."""
    gauge = Gauge(
        "mail_server_up", "Whether the mail server answered when last asked", registry=app.state.metrics.registry
    )
    gauge.set(float("nan"))  # not asked yet
    task = asyncio.create_task(keep_asking(app.state.settings, gauge))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
