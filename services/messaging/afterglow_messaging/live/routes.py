from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import Database, SingleStatement
from afterglow_foundation.errors import (
    FieldError,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    TooManyRequests,
    Unavailable,
    responses,
)
from afterglow_foundation.live import MEDIA_TYPE, EventStream
from afterglow_foundation.permissions import authenticated
from fastapi import APIRouter, Depends, Header, Query
from starlette.requests import Request

from afterglow_messaging.keys import ConversationKeys
from afterglow_messaging.live.following import Follower, relay
from afterglow_messaging.live.hub import Hub, PersonListener, ServiceListener
from afterglow_messaging.messages import updates
from afterglow_messaging.messages.cursor import LONGEST, Cursor, UnreadableCursorError
from afterglow_messaging.messages.schemas import UpdatesPage
from afterglow_messaging.people.policy import live_work
from afterglow_messaging.permissions import FollowMessages, FollowWakeUps, ReadMessages

MOST = 40  # streams of one person on one process
router = APIRouter(
    prefix="/api/messaging",
    tags=["live"],
    dependencies=[Depends(authenticated)],
    responses=responses(NotAuthenticated, Forbidden, InvalidInput, Unavailable),
)
internal = APIRouter(prefix="/internal", include_in_schema=False, dependencies=[Depends(authenticated)])


async def hub_of(request: Request) -> Hub:
    hub: Hub = request.app.state.hub
    return hub


Listeners = Annotated[Hub, Depends(hub_of)]


@router.get("/updates")
async def read_updates(
    caller: ReadMessages,
    database: SingleStatement,
    store: ConversationKeys,
    after: Annotated[str | None, Query(max_length=LONGEST)] = None,
    limit: Annotated[int, Query(ge=1, le=updates.LARGEST_BATCH)] = updates.LARGEST_BATCH,
) -> UpdatesPage:
    """Read what was written since a cursor, in all conversations; without one, learn where one stands now.

    Ask again with `next`, at once while `more` is true. Reading is audited, once for each conversation.
    """
    if after is None:
        return UpdatesPage(items=[], next=str(await here(database, caller)), more=False)
    with unreadable("after"):
        batch = await updates.read(database, store, caller, Cursor.parse(after), limit=limit)
    return UpdatesPage(items=[each.message for each in batch.updates], next=str(batch.next), more=batch.more)


@router.get(
    "/events",
    status_code=200,
    response_class=EventStream,
    response_model=None,
    responses={
        200: {"content": {MEDIA_TYPE: {}}, "description": "`message` events, each a message in JSON"},
        **responses(TooManyRequests),
    },
)
async def follow_messages(
    *,
    request: Request,
    caller: FollowMessages,
    database: SingleStatement,
    store: ConversationKeys,
    hub: Listeners,
    last_event_id: Annotated[str | None, Header(max_length=LONGEST)] = None,
) -> EventStream[PersonListener]:
    """Follow one's messages as they are written (server-sent events), after a break from `Last-Event-ID` on.

    `hello` comes first and names where the stream begins. It ends when the access token does: come back with a new
    one. Each delivery is audited, once for each conversation.
    """
    cursor = now = await here(database, caller)
    if last_event_id is not None:
        with unreadable("Last-Event-ID"):
            cursor = Cursor.parse(last_event_id)
            cursor.refuse_later_than(now.since)
    if hub.count(caller.person) >= MOST:
        raise TooManyRequests(headers={"Retry-After": "60"})
    follower = Follower(hub, database, store, caller, cursor, request.app.state.feed)
    return EventStream(hub.person(caller.person, caller.rests_on), follower.follow)


async def here(database: Database, caller: Caller) -> Cursor:
    """Where everything stands now, for somebody who is live."""
    async with live_work(database, caller) as session:
        return Cursor(await updates.present(session))


@contextmanager
def unreadable(field: str) -> Iterator[None]:
    """Raise InvalidInput for a cursor that says nothing here."""
    try:
        yield
    except UnreadableCursorError as error:
        words = "This is no cursor of ours: begin without one."
        raise InvalidInput(errors=[FieldError(field=field, code="unreadable", message=words)]) from error


@internal.get("/live", response_class=EventStream, response_model=None)
async def follow_wake_ups(caller: FollowWakeUps, hub: Listeners) -> EventStream[ServiceListener]:
    """For a service that serves many people: who has something to look at, in which conversation; no content.

    `hello` comes first, and again whenever a wake-up may have been missed. It ends when the service's token does: a
    reader who opens the next stream before that, and waits for its `hello`, misses nothing.
    """
    return EventStream(hub.service(), lambda listener: relay(listener, caller))
