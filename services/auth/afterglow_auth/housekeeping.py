"""Forgetting what has had its time, every few minutes while the service runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import structlog
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.telemetry import frames_of
from fastapi import FastAPI
from sqlalchemy import delete
from sqlmodel import col

from afterglow_auth.consents.service import forget_unanswered
from afterglow_auth.events.delivery import forget_told
from afterglow_auth.imports.models import PeopleImport
from afterglow_auth.notices.service import forget_old as forget_notices
from afterglow_auth.oauth.models import PushedRequest, UsedAssertion
from afterglow_auth.oauth.pushed import is_over
from afterglow_auth.passkeys.models import PasskeyChallenge
from afterglow_auth.security.kept_forms import forget_old
from afterglow_auth.sessions.service import end_expired
from afterglow_auth.sign_in.models import SignInStage, SignInTries
from afterglow_auth.totp.service import forget_unconfirmed

logger = structlog.get_logger()
EVERY = timedelta(minutes=10)
IMPORTS_KEPT_FOR = timedelta(days=2)  # a file that was looked at holds names and addresses
TRIES_KEPT_FOR = timedelta(days=1)


async def forget_expired(database: Database) -> None:
    """Delete what has expired, tries that no longer count and events that everybody was told."""
    now = datetime.now(UTC)
    async with database.unit_of_work(RowContext()) as session:
        await session.execute(delete(UsedAssertion).where(col(UsedAssertion.expires_at) < now))
        await session.execute(delete(PushedRequest).where(is_over(now)))
        await session.execute(delete(PasskeyChallenge).where(col(PasskeyChallenge.expires_at) < now))
        await session.execute(delete(SignInStage).where(col(SignInStage.expires_at) < now))
        await session.execute(delete(SignInTries).where(col(SignInTries.tried_at) < now - TRIES_KEPT_FOR))
        forgotten = delete(PeopleImport).where(col(PeopleImport.created_at) < now - IMPORTS_KEPT_FOR)
        await session.execute(forgotten)
        await forget_unconfirmed(session)
        await forget_told(session)
        await forget_old(session)
        await forget_unanswered(session)
        await forget_notices(session)
    async with database.unit_of_work(RowContext()) as session:
        await end_expired(session)


async def keep_house(database: Database) -> None:
    while True:
        await asyncio.sleep(EVERY.total_seconds())
        try:
            await forget_expired(database)
        except Exception as error:  # noqa: BLE001  # whatever it was, it is tried again; nobody would see the task end
            logger.warning("expired rows not deleted", error_type=type(error).__name__, frames=frames_of(error)[-3:])


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
