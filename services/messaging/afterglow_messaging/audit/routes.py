"""An admin reads who did what here: metadata only. That is audited too."""

from typing import Annotated

from afterglow_foundation.audit.reading import AskedEvents, AuditEventPage, page_of_events
from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.errors import Forbidden, InvalidInput, NotAuthenticated, Unavailable, responses
from afterglow_foundation.permissions import authenticated
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.base import AuditEvent
from afterglow_messaging.people.policy import LiveSession
from afterglow_messaging.permissions import ReadAudit

router = APIRouter(
    prefix="/api/messaging",
    tags=["audit"],
    dependencies=[Depends(authenticated)],
    responses=responses(NotAuthenticated, Forbidden, InvalidInput, Unavailable),
)


@router.get("/audit-events")
async def list_audit_events(
    asked: Annotated[AskedEvents, Query()], caller: ReadAudit, session: LiveSession, request: Request
) -> AuditEventPage:
    """Who did what in whose conversations, the newest first. Nothing of what was written."""
    await trail_of(request).record(session, caller, AuditAction.audit_read, subject_id=asked.person)
    return await page_of_events(session, AuditEvent, asked)
