"""The caseload over HTTP."""

from typing import Annotated

from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Forbidden, InvalidInput, NotAuthenticated, Unavailable, responses
from afterglow_foundation.permissions import require
from fastapi import Query
from starlette.requests import Request

from afterglow_portal.api import room
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.caseload.kept import Kept
from afterglow_portal.caseload.schemas import MOST_AT_ONCE, Caseload, Show
from afterglow_portal.caseload.service import Asked, caseload_of
from afterglow_portal.people.policy import LiveSession
from afterglow_portal.permissions import Permission

LONGEST_PLACE = 2_000  # it holds a name
router = room("/caseload", "caseload")
ReadCaseload = Annotated[Caller, require(Permission.caseload_read)]


@router.get("", responses=responses(NotAuthenticated, Forbidden, InvalidInput, Unavailable))
async def read_caseload(
    *,
    caller: ReadCaseload,
    session: LiveSession,
    request: Request,
    kept: Kept,
    show: Show = Show.all,
    limit: Annotated[int, Query(ge=1, le=MOST_AT_ONCE)] = 50,
    after: Annotated[str | None, Query(max_length=LONGEST_PLACE, description="the previous page's `next`")] = None,
    q: Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")] = "",
) -> Caseload:
    """The clients in the caller's care, who needs attention first and why; each with what they shared lately.

    The order is that of the moment: somebody whose reasons change between two pages may be on both or on neither.
    """
    caseload = await caseload_of(session, caller.person, Asked(q, show, limit, after), kept)
    read = [row.client.id for row in caseload.items]
    await trail_of(request).record_each(session, caller, AuditAction.caseload_read, read)
    return caseload
