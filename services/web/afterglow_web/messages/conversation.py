"""The page of one conversation: its newest or some earlier messages, and the form."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import Problem, Unavailable
from starlette.requests import Request
from starlette.responses import HTMLResponse

from afterglow_web.messages.forms import MessageForm
from afterglow_web.messages.messaging import NEWEST, Messaging
from afterglow_web.messages.records import Conversation, Message
from afterglow_web.messages.sending import Result
from afterglow_web.messages.unread import count_unread
from afterglow_web.pages import page
from afterglow_web.session.authentication import session_of

AT_ONCE = 30
MOST_AT_ONCE = 200  # after a long absence; who missed more opens the page anew


@dataclass(frozen=True)
class Shown:
    """What the page shows. `cursor` is where live updates go on from: it is older than the messages, never newer."""

    conversation: Conversation
    messages: list[Message] = field(default_factory=list)
    cursor: str | None = None

    @property
    def earlier(self) -> int | None:
        """The number before which there is more; messages are numbered from 1 without gaps."""
        return self.messages[0].sequence if self.messages and self.messages[0].sequence > 1 else None


async def newest(messaging: Messaging, conversation: UUID) -> Shown:
    """Fetch the end of a conversation and mark it as read."""
    found, cursor = await asyncio.gather(messaging.conversation(conversation), present_cursor(messaging))
    messages = (await messaging.messages_before(conversation, NEWEST, limit=AT_ONCE)).items
    if found.unread and messages:
        with suppress(Problem):  # the mark can wait for the next look, the page cannot
            await messaging.put_read_mark(conversation, {"sequence": messages[-1].sequence})
    return Shown(found, messages, cursor)


async def present_cursor(messaging: Messaging) -> str | None:
    """Where live updates start; without one the page still shows, and its stream starts at its own beginning."""
    try:
        return (await messaging.updates(after=None)).next
    except (UpstreamProblem, Unavailable):
        return None


async def before(messaging: Messaging, conversation: UUID, number: int) -> Shown:
    """Fetch earlier messages. They were shown before or are older than what was: nothing is marked."""
    found, messages = await asyncio.gather(
        messaging.conversation(conversation), messaging.messages_before(conversation, number, limit=AT_ONCE)
    )
    return Shown(found, messages.items)


async def after(messaging: Messaging, conversation: UUID, number: int) -> Shown:
    """Fetch what an open page does not show yet."""
    found, messages = await asyncio.gather(
        messaging.conversation(conversation), messaging.messages_after(conversation, number, limit=MOST_AT_ONCE)
    )
    return Shown(found, messages.items)


async def show(
    request: Request, shown: Shown, result: Result | None = None, *, notice: str | None = None, earlier: bool = False
) -> HTMLResponse:
    """Render the page with an empty form, or with the words and the reason why they were not sent."""
    await count_unread(request)
    result = result or Result(MessageForm.empty(), 200)
    return page(
        request,
        "messages/conversation/page.html",
        result.status,
        **await context(request, shown),
        **form_context(result, notice),
        is_earlier_page=earlier,
    )


async def show_without_messages(request: Request, conversation: UUID, result: Result) -> HTMLResponse:
    """Render nothing but the form: messaging does not answer, and the words must not be lost with it."""
    await count_unread(request)
    return page(
        request,
        "messages/conversation/unsent.html",
        result.status,
        conversation_id=conversation,
        **form_context(result, None),
    )


async def context(request: Request, shown: Shown) -> dict[str, Any]:
    """What the messages' fragment needs: they, whose eyes see them, and on which clock."""
    session = await session_of(request)
    return {
        "conversation": shown.conversation,
        "messages": shown.messages,
        "earlier_before": shown.earlier,
        "cursor": shown.cursor,
        "me": session.person_id,
        "other": shown.conversation.other(session.person_id),
        "zone": session.time_zone,
    }


def form_context(result: Result, notice: str | None) -> dict[str, Any]:
    summary = [{"href": "#text", "text": result.error}] if result.error else []
    return {"form": result.form, "error": result.error, "summary": summary, "message": result.message or notice}
