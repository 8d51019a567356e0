"""What a browser's stream sends: new messages as the page shows them, and how many wait unread."""

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from http import HTTPStatus
from uuid import UUID

import structlog
from afterglow_design.templates import Templates
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import DATABASE_AWAY, Unavailable
from afterglow_foundation.live import RETRY, event
from starlette.requests import Request

from afterglow_web.live.hub import Hub, Stream
from afterglow_web.messages.messaging import Messaging, messaging_for
from afterglow_web.messages.quotes import quotes_of
from afterglow_web.messages.records import Conversation, Message, Updates
from afterglow_web.messages.referring import referred_to
from afterglow_web.session.authentication import SignInAgain, look_again
from afterglow_web.session.store import BrowserSession
from afterglow_web.session.tokens import access_token
from afterglow_web.settings import Settings

logger = structlog.get_logger()
HEARTBEAT = 15.0
TRY_AGAIN = 5.0
OVER = event("over", "{}")
STILL_HERE = event("still-here", "{}")  # an event, since no comment tells a browser's script that the stream lives
REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


class OverError(Exception):
    """The session has ended, or is not let in any more."""


@dataclass(slots=True)
class Follower:
    """Follows one person's messages for one browser, from `cursor` on (None for now), for the life of one stream.

    It asks messaging with the person's own token when it is woken, and looks at the session before: that a page
    waits is no activity, so an idle session ends while its stream is open.
    """

    request: Request
    hub: Hub
    session: BrowserSession
    cursor: str | None
    known: dict[UUID, Conversation] = field(default_factory=dict)
    begun: bool = False

    async def follow(self, stream: Stream) -> AsyncGenerator[str, None]:
        """Everything after the cursor; `over` at the end says that coming back leads nowhere."""
        yield RETRY + "\n"
        try:
            while True:
                woken = await stream.woken(HEARTBEAT)
                if stream.ended:
                    break
                yield await self.look(stream) if woken or self.may_be_over() else STILL_HERE
        except OverError:
            stream.over = True
        if stream.over:
            yield OVER

    def may_be_over(self) -> bool:
        """By what is known of the session: somebody may have used it in another tab since."""
        settings: Settings = self.request.app.state.settings
        return self.session.is_over(settings.idle_limit(self.session.role))

    async def look(self, stream: Stream) -> str:
        """Ask what is new. What cannot be asked now is asked later, from the same cursor."""
        try:
            async with self.hub.reading:
                return await self.news(stream, await self.messaging()) or STILL_HERE
        except SignInAgain as error:
            raise OverError from error
        except UpstreamProblem as problem:
            if problem.upstream_status in REFUSED:
                raise OverError from problem
        except Unavailable:
            pass
        except DATABASE_AWAY:
            logger.warning("a stream could not look at its session")
        if self.hub.following:  # else everybody is woken as soon as messaging is back
            stream.wake_later(TRY_AGAIN)
        return STILL_HERE

    async def messaging(self) -> Messaging:
        session = await look_again(self.request)
        if session is None:
            raise OverError
        self.session = session
        return messaging_for(self.request, await access_token(self.request))

    async def news(self, stream: Stream, messaging: Messaging) -> str:
        """The events since the cursor. The last message carries the next cursor, the counts do where there is none."""
        parts: list[str] = []
        updates = await self.updates(messaging, parts)
        moved = updates.next != self.cursor or not self.begun
        for message in updates.items:
            last = message is updates.items[-1]
            parts.append(event("message", await self.described(messaging, message), updates.next if last else None))
        if not updates.items or any(message.sender_id != self.session.person_id for message in updates.items):
            position = updates.next if moved and not updates.items else None
            parts.append(event("unread", (await messaging.unread()).model_dump_json(), position))
        self.cursor, self.begun = updates.next, True
        if updates.more:
            stream.wake()
        return "".join(parts)

    async def updates(self, messaging: Messaging, parts: list[str]) -> Updates:
        """What is new; for a cursor of which messaging knows nothing, a `reset`: the page looks for itself."""
        try:
            return await messaging.updates(after=self.cursor)
        except UpstreamProblem as problem:
            if problem.upstream_status != HTTPStatus.UNPROCESSABLE_ENTITY:
                raise
        parts.append(event("reset", "{}"))
        return await messaging.updates(after=None)

    async def described(self, messaging: Messaging, message: Message) -> str:
        """A message as JSON: where it belongs, and the part of a page that shows it."""
        if message.conversation_id not in self.known:
            self.known[message.conversation_id] = await messaging.conversation(message.conversation_id)
        conversation = self.known[message.conversation_id]
        quotes = await quotes_of(messaging, message.conversation_id, [message])
        read = [one.text for one in [message, *quotes.values()]]
        templates: Templates = self.request.app.state.templates
        html = templates.render(
            "messages/conversation/_messages.html",
            messages=[message],
            conversation=conversation,
            quotes=quotes,
            references=await referred_to(self.request, conversation, self.session.person_id, read),
            me=self.session.person_id,
            zone=self.session.time_zone,
        )
        place = {"conversation": str(message.conversation_id), "id": str(message.id), "sequence": message.sequence}
        return json.dumps({**place, "html": html})
