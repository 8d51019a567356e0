"""A client reads who opened their conversations, and when."""

from uuid import UUID

from afterglow_foundation.audit.access_log import Limit, OpeningPage, page_of_openings
from afterglow_foundation.errors import Forbidden, InvalidInput, NotAuthenticated, Unavailable, responses
from afterglow_foundation.permissions import authenticated
from fastapi import APIRouter, Depends

from afterglow_messaging.access_log.schemas import KINDS, Kind
from afterglow_messaging.people.policy import LiveSession
from afterglow_messaging.permissions import ReadAccessLog

router = APIRouter(
    prefix="/api/messaging",
    tags=["access log"],
    dependencies=[Depends(authenticated)],
    responses=responses(NotAuthenticated, Forbidden, InvalidInput, Unavailable),
)


@router.get("/access-log")
async def read_access_log(
    _caller: ReadAccessLog, session: LiveSession, kind: Kind | None = None, after: UUID | None = None, limit: Limit = 50
) -> OpeningPage:
    """What others opened of one's own conversations, the newest first. One's own looks are not in it."""
    return await page_of_openings(session, KINDS[kind] if kind else None, after, limit)
