"""Forgetting what has had its time, every few minutes while the service runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import structlog
from afterglow_foundation.database import Database, RowContext
from fastapi import FastAPI
from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from afterglow_auth.oauth.models import UsedAssertion
from afterglow_auth.sign_in.models import SignInTries

logger = structlog.get_logger()
EVERY = timedelta(minutes=10)
TRIES_KEPT_FOR = timedelta(days=1)


async def forget_expired(database: Database) -> None:
    """Delete assertions that have expired and tries that no longer count."""
    now = datetime.now(UTC)
    async with database.unit_of_work(RowContext()) as session:
        await session.execute(delete(UsedAssertion).where(col(UsedAssertion.expires_at) < now))
        await session.execute(delete(SignInTries).where(col(SignInTries.tried_at) < now - TRIES_KEPT_FOR))


async def keep_house(database: Database) -> None:
    while True:
        await asyncio.sleep(EVERY.total_seconds())
        try:
            await forget_expired(database)
        except (SQLAlchemyError, OSError) as error:
            logger.warning("expired rows not deleted", error_type=type(error).__name__)


@asynccontextmanager
async def housekeeping(app: FastAPI) -> AsyncIterator[None]:
    """A part of the service's life."""
    task = asyncio.create_task(keep_house(app.state.database))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
