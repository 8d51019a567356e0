"""A client reads who opened what of theirs, and when. Nobody else's is shown to them, and theirs to nobody."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.audit.access_log import Limit
from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Forbidden, InvalidInput, NotAuthenticated, Unavailable, responses
from afterglow_foundation.permissions import require

from afterglow_portal.access_log.reading import find_page
from afterglow_portal.access_log.schemas import Kind, OpeningPage
from afterglow_portal.api import room
from afterglow_portal.people.policy import LiveSession
from afterglow_portal.permissions import Permission

router = room("/access-log", "access log")
ReadAccessLog = Annotated[Caller, require(Permission.access_log_read)]


@router.get("", responses=responses(NotAuthenticated, Forbidden, InvalidInput, Unavailable))
async def read_access_log(
    caller: ReadAccessLog,
    session: LiveSession,
    kind: Kind | None = None,
    after: UUID | None = None,
    limit: Limit = 50,
) -> OpeningPage:
    """What others opened of one's record, check-ins and journal, the newest first. One's own looks are not in it."""
    return await find_page(session, caller, kind, after, limit)
