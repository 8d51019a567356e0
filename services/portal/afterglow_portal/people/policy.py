"""Who is live here, and whose record a caller may open."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.errors import FieldError, Forbidden, InvalidInput, NotFound, Problem, Refusal, Unavailable
from afterglow_foundation.permissions import authenticated
from fastapi import Depends
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from starlette.requests import Request

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.people.models import PersonCopy

# The rule itself (who is in care, and for how long after its end) is the database function's: one place for
# these queries and for row-level security.
IN_CARE = text("SELECT since FROM clients_in_care() WHERE client_id = :client")
SECONDS_UNTIL_KNOWN = "5"


def unknown_here() -> Problem:
    """Auth knows the person, portal does not yet: worth another try, so that an outbox keeps what it holds."""
    return Unavailable("Your account has not arrived here yet.", headers={"Retry-After": SECONDS_UNTIL_KNOWN})


def not_live(caller: Caller) -> Problem:
    return Forbidden("This account is closed.", refusal=Refusal(AuditAction.person_not_live, subject_id=caller.id))


async def refuse_unless_live(session: AsyncSession, caller: Caller) -> None:
    """A token outlives a disabled account or a changed role by minutes; the local copy does not."""
    found = await session.execute(
        select(col(PersonCopy.disabled_at), col(PersonCopy.role)).where(col(PersonCopy.id) == caller.person)
    )
    person = found.one_or_none()
    if person is None:
        raise unknown_here()
    if person.disabled_at is not None or person.role != caller.role:
        raise not_live(caller)


async def live_session(request: Request, session: UnitOfWork) -> AsyncSession:
    await refuse_unless_live(session, await authenticated(request))
    return session


LiveSession = Annotated[AsyncSession, Depends(live_session)]


async def in_care_since(session: AsyncSession, client: UUID) -> datetime | None:
    """Since when the calling therapist may read this client's shared record; None if not at all."""
    since: datetime | None = await session.scalar(IN_CARE, {"client": client})
    return since


async def whose_record(
    session: AsyncSession,
    caller: Caller,
    client: UUID | None,
    action: StrEnum,
    object_id: UUID | None = None,
) -> UUID:
    """The client whose record is asked for: oneself, or for a therapist a named client in care.

    Raises NotFound, kept as a refused `action`, for anybody else's.
    """
    if caller.role == Role.client and client in {None, caller.person}:
        return caller.person
    if client is None:
        raise InvalidInput(errors=[FieldError(field="client", code="missing", message="Name the client to read.")])
    if caller.role != Role.therapist or await in_care_since(session, client) is None:
        raise NotFound(refusal=Refusal(action, object_id=object_id, subject_id=client))
    return client
