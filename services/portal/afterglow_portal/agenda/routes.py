"""The agenda of the next session over HTTP: the client pins lines of their journal, a therapist reads those."""

from typing import Annotated, Any
from uuid import UUID

from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    PayloadTooLarge,
    Unavailable,
    UnsupportedMediaType,
    responses,
)
from afterglow_foundation.permissions import require
from fastapi import Query
from pydantic import UUID7
from starlette.requests import Request
from starlette.responses import Response

from afterglow_portal.agenda import service
from afterglow_portal.agenda.schemas import Agenda, LineOut, PinBody, Settled
from afterglow_portal.api import room
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.people.policy import LiveSession, whose_record
from afterglow_portal.permissions import Permission
from afterglow_portal.sealing import Keys, find_key

router = room("/agenda", "agenda")
ReadAgenda = Annotated[Caller, require(Permission.agenda_read)]
WriteAgenda = Annotated[Caller, require(Permission.agenda_write)]
READING = responses(NotAuthenticated, Forbidden, NotFound, InvalidInput, Unavailable)
WRITING = responses(
    BadRequest,
    NotAuthenticated,
    Forbidden,
    Conflict,
    PayloadTooLarge,
    UnsupportedMediaType,
    InvalidInput,
    Unavailable,
)
AGAIN: dict[int | str, dict[str, Any]] = {200: {"model": LineOut, "description": "Sent before: it is pinned already"}}


@router.get("", responses=READING)
async def read_agenda(
    *,
    caller: ReadAgenda,
    session: LiveSession,
    keys: Keys,
    request: Request,
    client: Annotated[UUID | None, Query(description="whose, for a therapist")] = None,
) -> Agenda:
    """What is pinned for the next session. A therapist's reading is noted; after it nothing can be unpinned."""
    owner = await whose_record(session, caller, client, AuditAction.agenda_read)
    agenda = await service.agenda_of(session, keys, caller, owner)
    if caller.role == Role.therapist:
        await trail_of(request).record(session, caller, AuditAction.agenda_read, subject_id=owner)
    return agenda


@router.put(
    "/{line_id}", status_code=201, response_model=LineOut, responses={**WRITING, **responses(NotFound), **AGAIN}
)
async def pin_line(
    *, line_id: UUID7, body: PinBody, caller: WriteAgenda, session: LiveSession, keys: Keys, request: Request
) -> Response:
    """Pin a line of one's own entry, which shows that line, and nothing around it, to whoever treats one now."""
    key = await find_key(keys, session, caller.person)
    if key is None:  # nothing was ever written, so there is no entry either
        raise service.no_entry(caller.person, body.entry_id)
    line, created = await service.pin(session, key, caller, line_id, body)
    if created:
        await trail_of(request).record(
            session, caller, AuditAction.line_pinned, object_id=line_id, subject_id=caller.person
        )
    return Response(line.model_dump_json(), 201 if created else 200, media_type="application/json")


@router.delete("/{line_id}", status_code=204, responses={**READING, **responses(Conflict)})
async def unpin_line(line_id: UUID, caller: WriteAgenda, session: LiveSession, request: Request) -> None:
    """Unpin a line: nothing of it stays. One that was read answers 409, one that is not there 204."""
    if await service.unpin(session, caller, line_id):
        await trail_of(request).record(
            session, caller, AuditAction.line_unpinned, object_id=line_id, subject_id=caller.person
        )


@router.put("/{line_id}/settled", responses={**READING, **responses(Conflict)})
async def settle_line(line_id: UUID, caller: WriteAgenda, session: LiveSession, request: Request) -> Settled:
    """Take a line that was read off the agenda. The record keeps it, and who read it."""
    settled, now = await service.settle(session, caller, line_id)
    if now:
        await trail_of(request).record(
            session, caller, AuditAction.line_settled, object_id=line_id, subject_id=caller.person
        )
    return settled
