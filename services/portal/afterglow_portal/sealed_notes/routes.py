"""Sealed notes over HTTP: whoever treats the client asks, an admin who has just proved who they are decides."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Caller
from afterglow_foundation.permissions import require
from pydantic import UUID7
from starlette.requests import Request
from starlette.responses import Response

from afterglow_portal.api import room
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.desk import AGAIN, READING, WRITING, Client
from afterglow_portal.people.policy import LiveSession
from afterglow_portal.permissions import Permission
from afterglow_portal.process_notes.policy import refuse_unless_own
from afterglow_portal.sealed_notes import service
from afterglow_portal.sealed_notes.schemas import (
    Decision,
    OpenedNotes,
    OpeningBody,
    Openings,
    SealedBooks,
    WaitingOpenings,
)
from afterglow_portal.sealing import Keys

router = room("/sealed-notes", "process notes")
AskForNotes = Annotated[Caller, require(Permission.sealed_notes_ask)]
DecideOnNotes = Annotated[Caller, require(Permission.sealed_notes_decide)]
ReadOpenings = Annotated[Caller, require(Permission.sealed_notes_list)]


@router.get("", responses=READING)
async def list_sealed_notes(
    caller: AskForNotes, session: LiveSession, keys: Keys, request: Request, client: Client
) -> SealedBooks:
    """Whose notes about a client in one's own care lie sealed, and what one asked for last; not a word of them."""
    await refuse_unless_own(session, client, AuditAction.sealed_notes_listed, writing=True)
    found = await service.find_sealed(session, keys, client)
    if found.items:
        await trail_of(request).record(session, caller, AuditAction.sealed_notes_listed, subject_id=client)
    return found


@router.get("/openings", responses=READING)
async def list_openings(caller: ReadOpenings, session: LiveSession, keys: Keys, request: Request) -> Openings:
    """What was asked for, with its ground, for whoever decides."""
    await trail_of(request).record(session, caller, AuditAction.sealed_notes_listed)
    return await service.find_openings(session, keys)


@router.get("/openings/waiting", responses=READING)
async def count_openings(caller: ReadOpenings, session: LiveSession) -> WaitingOpenings:
    """How many wait for the caller to decide. A number alone is no reading, so the audit keeps nothing."""
    return WaitingOpenings(waiting=await service.count_waiting(session, caller))


@router.put("/openings/{opening_id}", status_code=201, response_class=Response, responses={**WRITING, **AGAIN})
async def ask_for_opening(
    *,
    opening_id: UUID7,
    body: OpeningBody,
    caller: AskForNotes,
    session: LiveSession,
    keys: Keys,
    request: Request,
    client: Client,
) -> Response:
    """Ask for a week with somebody's sealed notes: 201 once, 200 when it is sent again."""
    action = AuditAction.sealed_notes_asked
    await refuse_unless_own(session, client, action, opening_id, writing=True)
    done = await service.ask(session, keys, caller, client, opening_id, body)
    if done:
        await trail_of(request).record(
            session, caller, action, object_id=opening_id, subject_id=client, purpose=f"notes_{body.ground}"
        )
    return Response(status_code=201 if done else 200)


@router.put("/openings/{opening_id}/decision", status_code=201, response_class=Response, responses={**WRITING, **AGAIN})
async def decide_on_opening(
    opening_id: UUID, body: Decision, caller: DecideOnNotes, session: LiveSession, request: Request
) -> Response:
    """Approve for a week, or decline, what somebody else asked for. Safe to repeat; otherwise 409."""
    row, done = await service.decide(session, caller, opening_id, body)
    if done:
        await trail_of(request).record(
            session,
            caller,
            AuditAction.sealed_notes_decided,
            object_id=opening_id,
            subject_id=row.client_id,
            purpose="notes_approved" if body.approved else "notes_declined",
        )
    return Response(status_code=201 if done else 200)


@router.get("/openings/{opening_id}/notes", responses=READING)
async def read_opened_notes(
    *, opening_id: UUID, caller: AskForNotes, session: LiveSession, keys: Keys, request: Request, client: Client
) -> OpenedNotes:
    """The notes that are open to oneself now; every look is kept."""
    await refuse_unless_own(session, client, AuditAction.sealed_notes_read, opening_id, writing=True)
    found = await service.read_opened(session, keys, client, opening_id)
    trail = trail_of(request)
    await trail.record(session, caller, AuditAction.sealed_notes_read, object_id=opening_id, subject_id=client)
    return found
