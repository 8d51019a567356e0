"""Who is live here, and whose record a caller may open."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, NamedTuple
from uuid import UUID

from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.errors import FieldError, InvalidInput, NotFound, Refusal
from afterglow_foundation.permissions import authenticated
from afterglow_foundation.security_events.standing import Standings
from fastapi import Depends
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from afterglow_portal.people.models import PersonCopy, RevokedSession

# The rule itself (who is in care, and for how long after its end) is the database function's: one place for
# these queries and for row-level security.
IN_CARE = text("SELECT since FROM clients_in_care() WHERE client_id = :client")
ENDS = text("""
    SELECT (SELECT reading_ends_at FROM clients_in_care() WHERE client_id = :client) AS reading_ends_at,
           (SELECT max(ends_at) FROM records_opened() WHERE client_id = :client) AS open_until
""")
STANDINGS = Standings(PersonCopy, RevokedSession)


async def live_session(request: Request, session: UnitOfWork) -> AsyncSession:
    await STANDINGS.refuse_unless_live(session, await authenticated(request))
    return session


LiveSession = Annotated[AsyncSession, Depends(live_session)]


async def in_care_since(session: AsyncSession, client: UUID) -> datetime | None:
    """Since when the calling therapist may read this client's shared record; None if not at all."""
    since: datetime | None = await session.scalar(IN_CARE, {"client": client})
    return since


class Ends(NamedTuple):
    """Until when the calling therapist reads, where that ends, and whether because they opened it in an emergency."""

    reading_ends_at: datetime | None
    open_until: datetime | None


async def ends_of(session: AsyncSession, client: UUID) -> Ends:
    return Ends(*(await session.execute(ENDS, {"client": client})).one())


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
