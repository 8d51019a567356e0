"""Whose streams are open on this process: woken by messaging, ended by this service's own database."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

import structlog
from afterglow_foundation.live import Listener
from pydantic import BaseModel, ValidationError

from afterglow_web.session.store import BrowserSession

logger = structlog.get_logger()
READERS = 8  # how many streams ask messaging at once: after a gap all want to, and pages must not stand behind them


class Revoked(BaseModel):
    """What is announced on the channel `live`: everything of a person is over, or of a session (auth's or ours)."""

    revoked_person: UUID | None = None
    revoked_session: UUID | None = None

    def names(self, stream: "Stream") -> bool:
        of_session = self.revoked_session is not None and self.revoked_session in stream.sessions
        return of_session or self.revoked_person == stream.person


class Stream(Listener):
    """One browser's stream. `over` is set where it ends for good: the browser need not come back."""

    __slots__ = ("over", "person", "sessions")

    def __init__(self, session: BrowserSession) -> None:
        super().__init__()
        self.person = session.person_id
        self.sessions = {session.id, session.provider_session_id}
        self.over = False

    def end_for_good(self) -> None:
        self.over = True
        self.end()


class Hub:
    """`following` says whether messaging's wake-ups arrive at present."""

    def __init__(self) -> None:
        self.people: defaultdict[UUID, set[Stream]] = defaultdict(set)
        self.reading = asyncio.Semaphore(READERS)
        self.following = False
        self.closed = False

    def count(self, person: UUID) -> int:
        return len(self.people.get(person, ()))

    @contextmanager
    def open(self, session: BrowserSession) -> Iterator[Stream]:
        stream = Stream(session)
        self.people[stream.person].add(stream)
        if self.closed:
            stream.end()
        try:
            yield stream
        finally:
            self.people[stream.person].discard(stream)
            if not self.people[stream.person]:
                del self.people[stream.person]

    def wake(self, people: Iterable[UUID]) -> None:
        for person in people:
            for stream in self.people.get(person, ()):
                stream.wake()

    def wake_everybody(self) -> None:
        """Something may have been missed: every stream looks for itself."""
        self.wake(list(self.people))

    def hear(self, payload: str) -> None:
        """Take an announcement from the database; one that makes no sense ends nothing."""
        try:
            revoked = Revoked.model_validate_json(payload)
        except ValidationError:
            logger.warning("an announcement makes no sense")
            return
        for stream in self.everyone():
            if revoked.names(stream):
                stream.end_for_good()

    def close(self) -> None:
        """The process ends, and every stream with it; browsers come back to another, or to the next."""
        self.closed = True
        for stream in self.everyone():
            stream.end()

    def everyone(self) -> list[Stream]:
        return [stream for streams in self.people.values() for stream in streams]
