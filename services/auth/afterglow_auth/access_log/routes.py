"""A client reads who at the practice looked at their account, and when."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.audit.access_log import OpeningPage, page_of_openings
from afterglow_foundation.callers import Caller
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.permissions import require

from afterglow_auth.api import Limit, room
from afterglow_auth.permissions import Permission

ReadAccessLog = Annotated[Caller, require(Permission.access_log_read)]

router = room("/access-log", "access log")


@router.get("")
async def read_access_log(
    _caller: ReadAccessLog, session: UnitOfWork, after: UUID | None = None, limit: Limit = 50
) -> OpeningPage:
    """Looks of others at one's account, the newest first. What changed is told on the security page."""
    return await page_of_openings(session, None, after, limit)
