"""Who is live here: a token outlives a disabled account or a changed role by minutes, the local copy does not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import Database, RowContext, UnitOfWork
from afterglow_foundation.errors import Forbidden, Refusal, Unavailable
from afterglow_foundation.permissions import authenticated
from fastapi import Depends
from sqlalchemy import ColumnElement, exists
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from starlette.requests import Request

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.people.models import PersonCopy

SECONDS_UNTIL_KNOWN = "5"


def is_live(caller: Caller) -> ColumnElement[bool]:
    """True while the caller's account is open and has the role that their token says."""
    person = PersonCopy
    return exists().where(
        col(person.id) == caller.person, col(person.role) == str(caller.role), col(person.disabled_at).is_(None)
    )


async def refuse_unless_live(session: AsyncSession, caller: Caller) -> None:
    """Raise Forbidden for a closed account, Unavailable for one that auth knows and messaging does not yet."""
    person = await session.get(PersonCopy, caller.person)
    if person is None:
        raise Unavailable("Your account has not arrived here yet.", headers={"Retry-After": SECONDS_UNTIL_KNOWN})
    if person.disabled_at is not None or person.role != caller.role:
        raise Forbidden("This account is closed.", refusal=Refusal(AuditAction.person_not_live, subject_id=caller.id))


@asynccontextmanager
async def live_work(database: Database, caller: Caller) -> AsyncIterator[AsyncSession]:
    """A unit of work of a live caller, for a path that otherwise needs one statement only."""
    async with database.unit_of_work(RowContext.of(caller)) as session:
        await refuse_unless_live(session, caller)
        yield session


async def live_session(request: Request, session: UnitOfWork) -> AsyncSession:
    await refuse_unless_live(session, await authenticated(request))
    return session


LiveSession = Annotated[AsyncSession, Depends(live_session)]
