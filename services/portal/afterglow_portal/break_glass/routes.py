"""Emergencies over HTTP: a therapist says why they open a record, and its client and whoever treats them read it."""

from typing import Annotated

from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.permissions import require
from pydantic import UUID7
from starlette.requests import Request
from starlette.responses import Response

from afterglow_portal.api import room
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.break_glass import service
from afterglow_portal.break_glass.schemas import Emergencies, ReasonBody
from afterglow_portal.course.desk import AGAIN, READING, WRITING, Client
from afterglow_portal.notes.routes import Whose
from afterglow_portal.people.policy import LiveSession, whose_record
from afterglow_portal.permissions import Permission
from afterglow_portal.sealing import Keys

ReadEmergencies = Annotated[Caller, require(Permission.break_glass_read)]
OpenRecord = Annotated[Caller, require(Permission.break_glass_open)]
router = room("/break-glass", "break-glass")


@router.get("", responses=READING)
async def list_emergencies(
    *, caller: ReadEmergencies, session: LiveSession, keys: Keys, request: Request, client: Whose = None
) -> Emergencies:
    """Who opened one's record in an emergency and why; or that of a client in care, which is noted."""
    owner = await whose_record(session, caller, client, AuditAction.client_opened)
    found = await service.emergencies_of(session, keys, owner)
    if caller.role == Role.therapist and found:
        await trail_of(request).record(session, caller, AuditAction.client_opened, object_id=owner, subject_id=owner)
    return Emergencies(items=list(found))


@router.put("/{grant_id}", status_code=201, response_class=Response, responses={**WRITING, **AGAIN})
async def explain(
    *,
    grant_id: UUID7,
    body: ReasonBody,
    caller: OpenRecord,
    session: LiveSession,
    keys: Keys,
    request: Request,
    client: Client,
) -> Response:
    """Say why, under the id of the grant that auth gave: from then on the record is open, until the grant ends.

    404 also while the grant has not arrived here: worth another try.
    """
    done = await service.explain(session, keys, caller, grant_id, client=client, body=body)
    if done:
        await trail_of(request).record(
            session, caller, AuditAction.break_glass_explained, object_id=grant_id, subject_id=client
        )
    return Response(status_code=201 if done else 200)
