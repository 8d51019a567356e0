"""Who on this process is listening: people's streams, and other services that stand for many people."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

import structlog
from afterglow_foundation.live import Listener
from pydantic import ValidationError

from afterglow_messaging.live.waking import Announced, Revoked, WakeUp

logger = structlog.get_logger()
MOST_PENDING = 1_000
READERS = 4  # how many streams read at once: the rest of the pool is left to requests
AnyListener = TypeVar("AnyListener", bound=Listener)


class PersonListener(Listener):
    """A stream of one person, and the session and authorization that it rests on."""

    __slots__ = ("person", "rests_on")

    def __init__(self, person: UUID, rests_on: Sequence[UUID]) -> None:
        super().__init__()
        self.person = person
        self.rests_on = rests_on


class ServiceListener(Listener):
    """A stream for a whole process of another service; `pending` is what it has not been told yet.

    When it falls too far behind, or when a wake-up may have been missed, it is told to look at everything instead.
    """

    __slots__ = ("everything", "pending")

    def __init__(self) -> None:
        super().__init__()
        self.everything = True
        self.pending: dict[UUID | None, set[UUID]] = {}

    def look_at_everything(self) -> None:
        self.everything = True
        self.pending = {}
        self.wake()

    def add(self, wake_up: WakeUp) -> None:
        if not self.everything:
            self.pending.setdefault(wake_up.conversation, set()).update(wake_up.people)
        if len(self.pending) > MOST_PENDING:
            self.look_at_everything()
        self.wake()

    def take(self) -> tuple[bool, dict[UUID | None, set[UUID]]]:
        """Whether everything is to be looked at, else people by conversation; what comes next is told anew."""
        taken = self.everything, self.pending
        self.everything, self.pending = False, {}
        return taken


class Hub:
    """The listeners of one process; what any process announces arrives at `hear`."""

    def __init__(self) -> None:
        self.people: defaultdict[UUID, set[PersonListener]] = defaultdict(set)
        self.services: set[ServiceListener] = set()
        self.reading = asyncio.Semaphore(READERS)
        self.closed = False

    def count(self, person: UUID) -> int:
        return len(self.people.get(person, ()))

    @contextmanager
    def person(self, person: UUID, rests_on: Sequence[UUID]) -> Iterator[PersonListener]:
        listener = PersonListener(person, rests_on)
        self.people[person].add(listener)
        try:
            yield self.greeted(listener)
        finally:
            self.people[person].discard(listener)
            if not self.people[person]:
                del self.people[person]

    @contextmanager
    def service(self) -> Iterator[ServiceListener]:
        listener = ServiceListener()
        self.services.add(listener)
        try:
            yield self.greeted(listener)
        finally:
            self.services.discard(listener)

    def greeted(self, listener: AnyListener) -> AnyListener:
        if self.closed:
            listener.end()
        return listener

    def hear(self, payload: str) -> None:
        """Take an announcement from the database; one that makes no sense wakes nobody."""
        try:
            announced = Announced.validate_json(payload)
        except ValidationError:
            logger.warning("an announcement makes no sense")
            return
        if isinstance(announced, WakeUp):
            self.wake(announced)
        else:
            self.end(announced)

    def wake(self, wake_up: WakeUp) -> None:
        for person in wake_up.people:
            for listener in self.people.get(person, ()):
                listener.wake()
        for service in self.services:
            service.add(wake_up)

    def wake_everybody(self) -> None:
        """Something may have been missed: whoever listens looks."""
        for listener in self.everyone():
            listener.wake()
        for service in self.services:
            service.look_at_everything()

    def end(self, revoked: Revoked) -> None:
        """End the streams of a person or of a session that was revoked."""
        for listener in self.everyone():
            if revoked.names(listener.person, listener.rests_on):
                listener.end()

    def close(self) -> None:
        """The process ends, and every stream with it; a new one ends at once."""
        self.closed = True
        for listener in [*self.everyone(), *self.services]:
            listener.end()

    def everyone(self) -> list[PersonListener]:
        return [listener for listeners in self.people.values() for listener in listeners]
