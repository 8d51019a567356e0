"""Quiet mode over HTTP: for the client in it alone."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Caller
from afterglow_foundation.permissions import require
from starlette.requests import Request
from starlette.responses import Response

from afterglow_portal.api import room
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.desk import ACTING, AGAIN, READING
from afterglow_portal.people.policy import LiveSession
from afterglow_portal.permissions import Permission
from afterglow_portal.quiet_mode import service
from afterglow_portal.quiet_mode.schemas import QuietMode

router = room("/quiet-mode", "quiet mode")
UseQuietMode = Annotated[Caller, require(Permission.quiet_mode_use)]


@router.get("", responses=READING)
async def read_quiet_mode(caller: UseQuietMode, session: LiveSession) -> QuietMode:
    """Whether one's own first page is quiet now, and until when."""
    return await service.quiet_now(session, caller.person)


@router.put("/{session_id}/leaving", status_code=201, response_class=Response, responses={**ACTING, **AGAIN})
async def leave_quiet_mode(session_id: UUID, caller: UseQuietMode, session: LiveSession, request: Request) -> Response:
    """Leave it, for this session. Safe to repeat."""
    done = await service.leave(session, caller.person, session_id)
    if done:
        trail, action = trail_of(request), AuditAction.quiet_mode_left
        await trail.record(session, caller, action, object_id=session_id, subject_id=caller.person)
    return Response(status_code=201 if done else 200)
