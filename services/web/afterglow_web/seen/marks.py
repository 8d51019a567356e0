"""How far the other one has read, as far as both tell it, and below which message that is said."""

from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from afterglow_foundation.errors import Problem

from afterglow_web.messages.messaging import Messaging
from afterglow_web.messages.records import Message, SeenMark


async def seen_mark(messaging: Messaging, conversation: UUID) -> SeenMark:
    """A page is shown without it rather than not at all."""
    with suppress(Problem):
        return await messaging.seen_mark(conversation)
    return SeenMark()


def newest_seen(messages: Sequence[Message], me: UUID, mark: SeenMark) -> UUID | None:
    """One's own newest message that was read. A withdrawn one says nothing of the kind (decision 0050)."""
    read = (
        message.id
        for message in reversed(messages)
        if message.sender_id == me and message.withdrawn_at is None and message.sequence <= (mark.sequence or 0)
    )
    return next(read, None)
