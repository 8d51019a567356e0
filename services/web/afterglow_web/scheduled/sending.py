"""Schedule from the form: what messaging's answer means for the page."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from afterglow_design.languages import LazyString, lazy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import Problem, Unavailable

from afterglow_web.messages.messaging import Messaging
from afterglow_web.messages.sending import CLOSED, EMPTY, NOT_REACHED, USED_BEFORE, field_words
from afterglow_web.scheduled.forms import NO_MOMENT, WORDS
from afterglow_web.scheduled.records import Scheduled

TOO_MANY = lazy("Twenty messages wait in this conversation already. Take one back first; your words are still here.")
OVERTAKEN = lazy("This message was changed in another window. Save once more to put these words in its place.")
GONE = lazy("It has gone out already, or was taken back. What you changed is still here, and not sent.")
NO_FILES = lazy("A message with files cannot go out later: take them off, or send it now.")
REFUSED: dict[str, LazyString] = {"too_many_scheduled": TOO_MANY, "overtaken": OVERTAKEN, "conflict": USED_BEFORE}


@dataclass(frozen=True)
class Outcome:
    """Done, or what to say: about the words, about the moment, or about all of it."""

    status: int = HTTPStatus.SEE_OTHER
    error: str | None = None
    moment_error: str | None = None
    message: str | None = None

    @property
    def done(self) -> bool:
        return self.status == HTTPStatus.SEE_OTHER


async def later_of(messaging: Messaging, conversation: UUID | None = None) -> list[Scheduled]:
    """One's own that wait or were not sent; a page is shown without them rather than not at all."""
    with suppress(Problem):
        return await messaging.scheduled(conversation)
    return []


async def not_sent(messaging: Messaging) -> list[Scheduled]:
    """The same for what was not sent, of all conversations."""
    with suppress(Problem):
        return await messaging.not_sent()
    return []


async def attempt(text: str, moment: datetime | None, act: Callable[[datetime], Awaitable[object]]) -> Outcome:
    """UpstreamProblem 401 is raised."""
    if not text.strip():
        return Outcome(HTTPStatus.UNPROCESSABLE_ENTITY, error=str(EMPTY))
    if moment is None:
        return Outcome(HTTPStatus.UNPROCESSABLE_ENTITY, moment_error=str(NO_MOMENT))
    try:
        await act(moment)
    except UpstreamProblem as problem:
        return refused(problem)
    except Unavailable:
        return Outcome(HTTPStatus.SERVICE_UNAVAILABLE, message=str(NOT_REACHED))
    return Outcome()


def refused(problem: UpstreamProblem) -> Outcome:
    upstream, status = problem.upstream, problem.upstream_status
    moment = next((one.code for one in upstream.errors if one.field == "send_at"), None)
    match status:
        case HTTPStatus.UNPROCESSABLE_ENTITY if moment:
            return Outcome(status, moment_error=str(WORDS.get(moment, NO_MOMENT)))
        case HTTPStatus.UNPROCESSABLE_ENTITY | HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return Outcome(HTTPStatus.UNPROCESSABLE_ENTITY, error=field_words(status, upstream.errors))
        case HTTPStatus.CONFLICT:
            return Outcome(status, message=str(REFUSED.get(upstream.code, NOT_REACHED)))
        case HTTPStatus.FORBIDDEN:
            return Outcome(status, message=str(CLOSED))
        case HTTPStatus.NOT_FOUND:
            return Outcome(HTTPStatus.CONFLICT, message=str(GONE))
        case HTTPStatus.UNAUTHORIZED:
            raise problem
        case _:
            return Outcome(HTTPStatus.SERVICE_UNAVAILABLE, message=str(NOT_REACHED))
