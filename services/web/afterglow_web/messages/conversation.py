"""The page of one conversation: its newest or some earlier messages, and the form."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from afterglow_design.languages import gettext, speaking
from afterglow_design.practice import Practice
from afterglow_design.practice_now import practice_told
from afterglow_foundation.callers import Caller
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import Problem, Unavailable
from starlette.requests import Request
from starlette.responses import HTMLResponse

from afterglow_web.attachments.asking import PART
from afterglow_web.attachments.wording import REFUSALS
from afterglow_web.messages.availability import Availability, told
from afterglow_web.messages.forms import MessageForm
from afterglow_web.messages.messaging import NEWEST, Messaging
from afterglow_web.messages.quotes import quotes_of
from afterglow_web.messages.records import Conversation, Covers, Message, SavedAnswerName, SeenMark
from afterglow_web.messages.referring import referred_to
from afterglow_web.messages.sending import Result
from afterglow_web.messages.today import Today
from afterglow_web.messages.unread import count_unread
from afterglow_web.pages import page
from afterglow_web.scheduled.forms import tomorrow
from afterglow_web.scheduled.records import Scheduled
from afterglow_web.scheduled.sending import later_of
from afterglow_web.seen.marks import newest_seen, seen_mark
from afterglow_web.session.authentication import session_of

AT_ONCE = 30
MOST_AT_ONCE = 200  # after a long absence; who missed more opens the page anew


@dataclass(frozen=True)
class Shown:
    """What the page shows, and what is replied to; `earlier` is the number before which there is more.

    `cursor` is where live updates go on from: it is older than the messages, never newer.
    """

    conversation: Conversation
    messages: list[Message] = field(default_factory=list)
    covers: Covers = field(default_factory=Covers)
    cursor: str | None = None
    quotes: Mapping[UUID, Message] = field(default_factory=dict)
    seen: SeenMark = field(default_factory=SeenMark)
    availability: Availability = field(default_factory=Availability)
    later: Sequence[Scheduled] = ()
    earlier: str | None = None


@dataclass(frozen=True)
class Extras:
    """What the form offers besides sending: saved answers, and a moment for later, as typed where there was one."""

    saved: Sequence[SavedAnswerName] = ()
    send_at: str | None = None
    moment_error: str | None = None


async def newest(messaging: Messaging, caller: Caller, conversation: UUID, *, reply_to: UUID | None = None) -> Shown:
    """Fetch the end of a conversation and mark it as read; with what the form replies to, and who is there."""
    found, cursor, seen, availability, later = await asyncio.gather(
        messaging.conversation(conversation),
        present_cursor(messaging),
        seen_mark(messaging, conversation),
        told(messaging, caller, conversation),
        later_of(messaging, conversation),
    )
    read = await messaging.messages_before(conversation, NEWEST, limit=AT_ONCE)
    messages = read.items
    if found.unread and messages:
        with suppress(Problem):  # the mark can wait for the next look, the page cannot
            await messaging.put_read_mark(conversation, {"sequence": messages[-1].sequence})
    quotes = await quotes_of(messaging, conversation, messages, reply_to)
    return Shown(found, messages, read.covers, cursor, quotes, seen, availability, later, read.next)


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
    quotes = await quotes_of(messaging, conversation, messages.items)
    return Shown(found, messages.items, messages.covers, quotes=quotes, earlier=messages.next)


async def after(messaging: Messaging, conversation: UUID, number: int) -> Shown:
    """Fetch what an open page does not show yet."""
    found, messages = await asyncio.gather(
        messaging.conversation(conversation), messaging.messages_after(conversation, number, limit=MOST_AT_ONCE)
    )
    return Shown(
        found, messages.items, messages.covers, quotes=await quotes_of(messaging, conversation, messages.items)
    )


async def show(
    request: Request,
    shown: Shown,
    result: Result | None = None,
    *,
    notice: str | None = None,
    today: Today | None = None,
    earlier: bool = False,
    extras: Extras | None = None,
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
        availability=shown.availability,
        is_earlier_page=earlier,
        standing_in=today.standing_in if today else [],
        **await extra_context(request, extras or Extras()),
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
        availability=Availability(),
    )


async def context(request: Request, shown: Shown) -> dict[str, Any]:
    """What the messages' fragment needs: they, whose eyes see them, and on which clock."""
    session = await session_of(request)
    read = [message.text for message in [*shown.messages, *shown.quotes.values()]]
    return {
        "conversation": shown.conversation,
        "messages": shown.messages,
        "earlier_before": shown.earlier,
        "cursor": shown.cursor,
        "covers": shown.covers,
        "covers_as_of": getattr(getattr(request.state, "unread", None), "covers_as_of", None),
        "quotes": shown.quotes,
        "seen": shown.seen,
        "later": shown.later,
        "newest_seen": newest_seen(shown.messages, session.person_id, shown.seen),
        "references": await referred_to(request, shown.conversation, session.person_id, read),
        "me": session.person_id,
        "other": shown.conversation.other(session.person_id),
        "zone": session.time_zone,
    }


async def extra_context(request: Request, extras: Extras) -> dict[str, Any]:
    zone = (await session_of(request)).time_zone
    return {
        "saved": [{"value": str(one.id), "label": one.name} for one in extras.saved],
        "send_at": tomorrow(zone) if extras.send_at is None else extras.send_at,
        "moment_error": extras.moment_error,
        "later_summary": [{"href": "#send_at", "text": extras.moment_error}] if extras.moment_error else [],
    }


def form_context(result: Result, notice: str | None) -> dict[str, Any]:
    wrong = {"#text": result.error, "#file": result.file_error}
    return {
        "form": result.form,
        "error": result.error,
        "file_error": result.file_error,
        "summary": [{"href": href, "text": text} for href, text in wrong.items() if text],
        "message": result.message or notice,
        "part": PART,
        "refusals": REFUSALS,
        "crisis_words": crisis_words(),
    }


def crisis_words() -> list[str]:
    """The practice's, of all its languages: people write in the one that is nearest to them."""
    practice = practice_told()
    return list(dict.fromkeys(word for language in practice.languages for word in words_in(practice, language)))


def words_in(practice: Practice, language: str) -> list[str]:
    with speaking(language):
        return [gettext(word) for word in practice.spoken(language).crisis_words]
