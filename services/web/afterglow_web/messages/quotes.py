"""What messages reply to: shown above each of them, from the page itself or asked for."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from uuid import UUID

from afterglow_foundation.errors import Problem

from afterglow_web.messages.messaging import Messaging
from afterglow_web.messages.records import Message

AT_ONCE = 4  # questions to messaging


async def quotes_of(
    messaging: Messaging, conversation: UUID, messages: Iterable[Message], *also: UUID | None
) -> Mapping[UUID, Message]:
    """The messages that these reply to, and others by their id; one that cannot be had now is left out."""
    known = {message.id: message for message in messages}
    wanted = {message.reply_to for message in known.values()} | set(also)
    turn = asyncio.Semaphore(AT_ONCE)

    async def ask(message: UUID) -> None:
        with suppress(Problem):  # a page without a quote is better than none
            async with turn:
                known[message] = await messaging.message(conversation, message)

    await asyncio.gather(*(ask(message) for message in wanted if message and message not in known))
    return {message: known[message] for message in wanted if message in known}
