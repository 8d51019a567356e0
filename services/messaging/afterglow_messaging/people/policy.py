"""Who is live here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import Database, RowContext, UnitOfWork
from afterglow_foundation.permissions import authenticated
from afterglow_foundation.security_events.standing import Standings
from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from afterglow_messaging.people.models import PersonCopy, RevokedSession

STANDINGS = Standings(PersonCopy, RevokedSession)


@asynccontextmanager
async def live_work(database: Database, caller: Caller) -> AsyncIterator[AsyncSession]:
    """A unit of work of a live caller, for a path that otherwise needs one statement only."""
    async with database.unit_of_work(RowContext.of(caller)) as session:
        await STANDINGS.refuse_unless_live(session, caller)
        yield session


async def live_session(request: Request, session: UnitOfWork) -> AsyncSession:
    await STANDINGS.refuse_unless_live(session, await authenticated(request))
    return session


LiveSession = Annotated[AsyncSession, Depends(live_session)]
