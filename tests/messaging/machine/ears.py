"""Somebody's live stream over many breaks: what they know by it, and what no stream may ever bring them."""

import asyncio
from contextlib import suppress
from typing import Any
from uuid import UUID

import httpx
from afterglow_foundation.testing.people import Person

from tests.messaging.machine.model import Message, Model, State
from tests.messaging.machine.world import World
from tests.messaging.processes import Event, Stream

Heard = tuple[UUID, UUID, int, State, str | None]  # conversation, message, number, state and words


class Ear:
    """Begins where its person has read everything. `heard` is kept by cursor, so that a break can lose the last."""

    def __init__(self, world: World, model: Model, name: str) -> None:
        self.world, self.model, self.name = world, model, name
        self.before: dict[UUID, State] = {each.id: each.state for each in model.stored(name).values()}
        self.heard: list[tuple[str | None, Heard]] = []
        self.start: str | None = None
        self.following: asyncio.Task[None] | None = None
        self.greeted = asyncio.Event()

    async def listen(self, copy: int) -> None:
        """Begin, or go on after what was heard last, at one of the copies."""
        await self.break_off(0)
        self.greeted.clear()
        self.following = asyncio.create_task(self.follow(self.model.people[self.name], copy))
        greeted = asyncio.create_task(self.greeted.wait())
        await asyncio.wait({self.following, greeted}, return_when=asyncio.FIRST_COMPLETED)
        if not self.greeted.is_set():
            greeted.cancel()

    async def follow(self, person: Person, copy: int) -> None:
        """Until the stream ends or breaks."""
        with suppress(httpx.TransportError, StopAsyncIteration):
            async with self.world.copies[copy].follow(person, self.cursor) as stream:
                if stream.answer.is_success:
                    await self.take(stream)

    async def take(self, stream: Stream) -> None:
        while True:
            event = await stream.next(within=None)
            if event.name == "hello":
                self.start = self.start or event.id
                self.greeted.set()
            else:
                self.heard.append((event.id, heard(event)))

    @property
    def cursor(self) -> str | None:
        return self.heard[-1][0] if self.heard else self.start

    @property
    def is_open(self) -> bool:
        return self.following is not None and not self.following.done() and self.greeted.is_set()

    async def break_off(self, lost: int) -> None:
        """Hear no more; the last of what arrived was lost on the way to the page, if it may be read once more."""
        if self.following:
            self.following.cancel()
            with suppress(asyncio.CancelledError):
                await self.following
        readable = {each.id for each in self.model.readable(self.name).values()}
        while lost and self.heard and self.heard[-1][1][0] in readable:
            self.heard.pop()
            lost -= 1

    def known(self) -> dict[UUID, State]:
        """The newest state of each message. Nothing came twice, out of order, or from somebody else's conversation."""
        known = dict(self.before)
        mine = self.model.stored(self.name)
        last = {each.id: self.last_before(each.messages) for each in self.model.conversations.values()}
        for _, (conversation, message_id, number, state, words) in self.heard:
            message = mine.get(message_id)
            assert message, "somebody else's message"
            assert (conversation, number) == (self.model.conversations[message.pair].id, message.sequence)
            assert words == message.text_in(state)
            if message_id in known:
                assert state > known[message_id], "the same thing twice"
            else:
                assert number == last[conversation] + 1, "one came before an earlier one"
                last[conversation] = number
            known[message_id] = state
        return known

    def last_before(self, messages: list[Message]) -> int:
        return sum(message.id in self.before for message in messages)

    async def settle(self, copy: int) -> None:
        """Wait until everything that was said has been heard."""
        if not self.is_open:
            await self.listen(copy)
        expected = {each.id: each.state for each in self.model.stored(self.name).values()}
        while self.known() != expected:
            if not self.is_open:
                await self.listen(copy)
            await asyncio.sleep(0.005)


def heard(event: Event) -> Heard:
    data: dict[str, Any] = event.data
    state = (data["corrections"], data["withdrawn_at"] is not None)
    return UUID(data["conversation_id"]), UUID(data["id"]), data["sequence"], state, data["text"]
