"""What a stream sends: a person's new messages, or everybody's wake-ups for another service."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import structlog
from afterglow_foundation.callers import Caller
from afterglow_foundation.database import Database
from afterglow_foundation.errors import PERHAPS_AWAY, Problem, is_away
from afterglow_foundation.live import RETRY, SILENCE, event, waking
from afterglow_foundation.sealing import DataKeyStore
from afterglow_foundation.security_events.feed import Feed

from afterglow_messaging.live.hub import Hub, PersonListener, ServiceListener
from afterglow_messaging.live.waking import WakeUp
from afterglow_messaging.messages import updates
from afterglow_messaging.messages.cursor import Cursor
from afterglow_messaging.permissions import Permission, access

logger = structlog.get_logger()
TRY_AGAIN = 2.0


@dataclass(frozen=True, slots=True)
class Follower:
    """Follows one person's messages, from a cursor on, for the life of one stream."""

    hub: Hub
    database: Database
    store: DataKeyStore
    caller: Caller
    cursor: Cursor
    feed: Feed | None

    async def follow(self, listener: PersonListener) -> AsyncGenerator[str, None]:
        """Everything after the cursor, in batches; ends with the token, the session or the account."""
        cursor = self.cursor
        yield RETRY + event("hello", "{}", cursor)
        async for woken in waking(listener, self.caller):
            if self.is_unsure():
                return
            if not woken:
                yield SILENCE
                continue
            try:
                batch = await self.read(cursor)
            except PERHAPS_AWAY as error:
                if not is_away(error):
                    raise
                logger.warning("a stream could not read")
                listener.wake_later(TRY_AGAIN)
                continue
            except Problem:
                return  # no longer open to this person
            cursor = batch.next
            if batch.more:
                listener.wake()
            if batch.updates:
                yield written(batch)

    def is_unsure(self) -> bool:
        """Too little was heard from auth for this person to go on: coming back is refused until more is."""
        stale = self.feed is not None and self.feed.is_stale
        return stale and access.needs_fresh_feed(self.caller.role, Permission.messages_follow)

    async def read(self, cursor: Cursor) -> updates.Batch:
        async with self.hub.reading:
            return await updates.read(self.database, self.store, self.caller, cursor)


def written(batch: updates.Batch) -> str:
    """Each message with the cursor of somebody who got this far, so that a cut in the middle repeats none."""
    *others, last = batch.updates
    parts = [event("message", update.message.model_dump_json(), update.cursor) for update in others]
    return "".join([*parts, event("message", last.message.model_dump_json(), batch.next)])


async def relay(listener: ServiceListener, caller: Caller) -> AsyncGenerator[str, None]:
    """Wake-ups as they come, people by conversation.

    `hello` comes first, and again whenever one may have been missed: whoever is served by it should then look.
    """
    yield RETRY + "\n"
    async for woken in waking(listener, caller):
        everything, pending = listener.take()
        if everything:
            yield event("hello", "{}")
        elif not woken:
            yield SILENCE
        for conversation, people in pending.items():
            yield event("wake", WakeUp(conversation=conversation, people=sorted(people)).model_dump_json())
