"""A therapist opens a client's record."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import (
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    Refusal,
    Unavailable,
    responses,
)
from afterglow_foundation.permissions import require
from starlette.requests import Request

from afterglow_portal.api import room
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.people.models import PersonCopy
from afterglow_portal.people.policy import LiveSession, ends_of, in_care_since
from afterglow_portal.people.schemas import ClientOut
from afterglow_portal.permissions import Permission

router = room("/clients", "people")
ReadClients = Annotated[Caller, require(Permission.clients_read)]


@router.get("/{client_id}", responses=responses(NotAuthenticated, Forbidden, NotFound, InvalidInput, Unavailable))
async def open_client(client_id: UUID, caller: ReadClients, session: LiveSession, request: Request) -> ClientOut:
    """A client in care; anybody else's answers 404, and is kept as a refused attempt."""
    since = await in_care_since(session, client_id)
    person = await session.get(PersonCopy, client_id)
    if since is None or person is None:
        raise NotFound(refusal=Refusal(AuditAction.client_opened, client_id, client_id))
    await trail_of(request).record(
        session, caller, AuditAction.client_opened, object_id=client_id, subject_id=client_id
    )
    ends = await ends_of(session, client_id)
    return ClientOut(id=person.id, name=person.name, time_zone=person.time_zone, since=since, **ends._asdict())
