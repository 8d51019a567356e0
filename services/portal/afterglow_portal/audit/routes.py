"""An admin reads who did what here: metadata only. That is audited too."""

from typing import Annotated

from afterglow_foundation.audit.reading import AskedEvents, AuditEventPage, page_of_events
from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Forbidden, InvalidInput, NotAuthenticated, Unavailable, responses
from afterglow_foundation.permissions import require
from fastapi import Query
from starlette.requests import Request

from afterglow_portal.api import room
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.models import AuditEvent
from afterglow_portal.people.policy import LiveSession
from afterglow_portal.permissions import Permission

router = room("/audit-events", "audit")
ReadAudit = Annotated[Caller, require(Permission.audit_read)]


@router.get("", responses=responses(NotAuthenticated, Forbidden, InvalidInput, Unavailable))
async def list_audit_events(
    asked: Annotated[AskedEvents, Query()], caller: ReadAudit, session: LiveSession, request: Request
) -> AuditEventPage:
    """Who did what to whose record, the newest first. Nothing of what is in it."""
    await trail_of(request).record(session, caller, AuditAction.audit_read, subject_id=asked.person)
    return await page_of_events(session, AuditEvent, asked)
