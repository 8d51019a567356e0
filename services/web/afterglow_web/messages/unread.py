"""How much waits unread, for the navigation of every page."""

import asyncio
from contextlib import suppress

from afterglow_foundation.callers import find_caller
from afterglow_foundation.errors import DATABASE_AWAY, Problem
from starlette.requests import Request

from afterglow_web.messages.messaging import messaging_for
from afterglow_web.messages.records import Unread
from afterglow_web.pages import is_fragment
from afterglow_web.permissions import Permission, access
from afterglow_web.session.tokens import access_token

PATIENCE = 1.0  # seconds; a page without the count is better than a page that is late
COUNTED = "GET"


async def with_unread(request: Request) -> None:
    """For routers with pages: count before the page is made. What is sent to be saved does not wait for a number."""
    if request.method == COUNTED and not is_fragment(request):
        await count_unread(request)


async def count_unread(request: Request) -> None:
    """Leave the counts for the page's navigation; without an answer from messaging the page has none."""
    with suppress(Problem, TimeoutError, *DATABASE_AWAY):
        request.state.unread = await ask(request)


async def ask(request: Request) -> Unread | None:
    caller = await find_caller(request)
    if caller is None or not access.allows(caller.role, Permission.messages_read):
        return None
    async with asyncio.timeout(PATIENCE):
        return await messaging_for(request, await access_token(request)).unread()
