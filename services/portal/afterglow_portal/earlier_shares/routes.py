"""What was shared before over HTTP: the client's own, and nobody else's to decide."""

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
from afterglow_portal.course.desk import ACTING, AGAIN, READING, WRITING
from afterglow_portal.earlier_shares import service
from afterglow_portal.earlier_shares.schemas import EarlierShareBody, EarlierShares
from afterglow_portal.people.policy import LiveSession
from afterglow_portal.permissions import Permission

router = room("/earlier-shares", "earlier shares")
ReadChoices = Annotated[Caller, require(Permission.choices_read)]
WriteChoices = Annotated[Caller, require(Permission.choices_write)]


@router.get("", responses=READING)
async def list_shares(caller: ReadChoices, session: LiveSession) -> EarlierShares:
    """Who treats one now, what they do not see of what was shared with others, and what one chose about that."""
    return await service.shares_of(session, caller.person)


@router.put("/{share_id}", status_code=201, response_class=Response, responses={**WRITING, **AGAIN})
async def share_earlier(
    share_id: UUID7, body: EarlierShareBody, caller: WriteChoices, session: LiveSession, request: Request
) -> Response:
    """Show somebody who treats one now what was shared with others on these days. Safe to repeat.

    404 for anybody else; 409 `until_morning` after a dose.
    """
    done = await service.share(session, caller.person, share_id, body)
    if done:
        await trail_of(request).record(
            session, caller, AuditAction.earlier_shared, object_id=share_id, subject_id=caller.person
        )
    return Response(status_code=201 if done else 200)


@router.put("/{share_id}/end", responses=ACTING)
async def take_back(share_id: UUID, caller: WriteChoices, session: LiveSession, request: Request) -> EarlierShares:
    """Close what they have not opened yet. Again, it changes nothing."""
    if await service.take_back(session, caller.person, share_id):
        await trail_of(request).record(
            session, caller, AuditAction.earlier_taken_back, object_id=share_id, subject_id=caller.person
        )
    return await service.shares_of(session, caller.person)
