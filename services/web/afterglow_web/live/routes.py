"""/live: the stream of server-sent events behind every open page of somebody who has messages."""

from typing import Annotated

from afterglow_foundation.errors import TooManyRequests
from afterglow_foundation.live import EventStream
from fastapi import APIRouter, Depends, Header, Query
from starlette.requests import Request

from afterglow_web.live.following import Follower
from afterglow_web.live.hub import Hub, Stream
from afterglow_web.permissions import ReadMessages
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site

LONGEST = 8_192  # of a cursor
MOST = 40  # streams of one person; a browser opens one for each page that is in sight
router = APIRouter(dependencies=[Depends(refuse_cross_site)])
Cursor = Annotated[str | None, Query(max_length=LONGEST)]
LastEventId = Annotated[str | None, Header(max_length=LONGEST)]


@router.get("/live", status_code=200, response_class=EventStream, response_model=None)
async def follow(
    request: Request, _: ReadMessages, after: Cursor = None, last_event_id: LastEventId = None
) -> EventStream[Stream]:
    """New messages and unread counts after `Last-Event-ID`, else after the page's cursor, else after the first look."""
    session = await session_of(request)
    hub: Hub = request.app.state.hub
    if hub.count(session.person_id) >= MOST:
        raise TooManyRequests(headers={"Retry-After": "60"})
    follower = Follower(request, hub, session, last_event_id or after or None)
    return EventStream(hub.open(session), follower.follow)
