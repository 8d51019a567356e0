"""The caseload over HTTP."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Forbidden, InvalidInput, NotAuthenticated, Unavailable, responses
from afterglow_foundation.permissions import require
from fastapi import Query
from starlette.requests import Request

from afterglow_portal.api import room
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.caseload.schemas import Caseload
from afterglow_portal.caseload.service import caseload_of
from afterglow_portal.people.policy import LiveSession
from afterglow_portal.permissions import Permission

router = room("/caseload", "caseload")
ReadCaseload = Annotated[Caller, require(Permission.caseload_read)]


@router.get("", responses=responses(NotAuthenticated, Forbidden, InvalidInput, Unavailable))
async def read_caseload(
    *,
    caller: ReadCaseload,
    session: LiveSession,
    request: Request,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[UUID | None, Query(description="the previous page's `next`")] = None,
    q: Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")] = "",
) -> Caseload:
    """The clients in the caller's care by name, each with what they shared: latest check-in and thirty days."""
    caseload = await caseload_of(session, limit=limit, after=after, q=q)
    read = [row.client.id for row in caseload.items]
    await trail_of(request).record_each(session, caller, AuditAction.caseload_read, read)
    return caseload
