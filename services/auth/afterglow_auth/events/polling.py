"""Polling (RFC 8936): settle what the receiver says it got, then give what it has not, or wait for something."""

import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import structlog
from afterglow_foundation.callers import Caller
from afterglow_foundation.database import RowContext
from afterglow_foundation.errors import Conflict
from afterglow_foundation.live import Listener, Listening, told_to_stop
from afterglow_foundation.security_events.events import StreamStatus
from afterglow_foundation.security_events.polling import (
    LONGEST_WAIT,
    MOST_EVENTS,
    NO_SNAPSHOT,
    PollAnswer,
    PollRequest,
    SetError,
)
from afterglow_foundation.security_events.streams import Standing
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_auth.events import delivery
from afterglow_auth.events.models import SecurityEvent
from afterglow_auth.events.outbox import CHANNEL
from afterglow_auth.provider import IdentityProvider

logger = structlog.get_logger()
LOOK_AFTER = 1.0  # seconds between two looks while the LISTEN connection is away and wake-ups are missed
WAIT_FOR_LITTLE = 1.0  # seconds that a stream that leaves something out is waited for
KNOWN_ERRORS = {
    "access_denied", "authentication_failed", "invalid_audience", "invalid_issuer", "invalid_key", "invalid_state",
}  # fmt: skip


class NoSnapshot(Conflict):
    code, title = NO_SNAPSHOT, "Begin with a snapshot"


class Outlet:
    """The polls of one process that wait, woken by one LISTEN connection, and what receivers could not take."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._waiting: set[Listener] = set()
        self._closed = False
        self._refused = Counter(
            "security_events_refused", "Events a receiver could not take", ("receiver", "error"), registry=registry
        )
        self._listening: Listening | None = None

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        """A part of the service's life."""
        url = app.state.settings.database_url.get_secret_value()
        self._listening = Listening(url, CHANNEL, hear=lambda _: self.wake(), missed=self.wake)
        with told_to_stop(self.close):
            async with self._listening.running():
                yield
        self.close()

    @property
    def longest_wait(self) -> float:
        """How long to wait for a wake-up before looking all the same."""
        connected = self._listening is not None and self._listening.connected.is_set()
        return LONGEST_WAIT if connected else LOOK_AFTER

    @contextmanager
    def waiting(self) -> Iterator[Listener]:
        listener = Listener()
        self._waiting.add(listener)
        try:
            if self._closed:
                listener.end()
            yield listener
        finally:
            self._waiting.discard(listener)

    def wake(self) -> None:
        for listener in self._waiting:
            listener.wake()

    def close(self) -> None:
        """The process ends: whoever waits is answered now."""
        self._closed = True
        for listener in self._waiting:
            listener.end()

    def note(self, receiver: str, errors: Sequence[SetError]) -> None:
        for error in errors:
            code = error.err if error.err in KNOWN_ERRORS else "invalid_request"
            self._refused.labels(receiver, code).inc()
            logger.error("security event refused", receiver=receiver, code=code, description=error.description)


@dataclass(frozen=True, slots=True)
class Look:
    """What there was to tell, and how the stream stood, at one moment."""

    found: Sequence[SecurityEvent]
    standing: Standing


async def poll(
    provider: IdentityProvider, outlet: Outlet, caller: Caller, asked: PollRequest
) -> tuple[PollAnswer, Standing]:
    """Answer one poll, and say how the stream stands. Raises NoSnapshot for a receiver that has none, or no more."""
    receiver = str(caller.client_id)
    limit = min(asked.max_events, MOST_EVENTS)
    with outlet.waiting() as listener:
        first = seen = await settle(provider, outlet, caller, asked, limit)
        until = time.monotonic() + (LONGEST_WAIT if first.standing.is_whole else WAIT_FOR_LITTLE)
        while nothing_new(first, seen) and limit and not asked.return_immediately and not listener.ended:
            left = until - time.monotonic()
            if left <= 0:
                break
            await listener.woken(min(left, outlet.longest_wait))
            seen = await look(provider, caller, limit)
    signer = await provider.keys.signer()
    issuer = provider.settings.issuer
    sets = {row.id: delivery.sign(signer, row, issuer=issuer, receiver=receiver) for row in seen.found[:limit]}
    return PollAnswer(sets=sets, more_available=len(seen.found) > limit), seen.standing


def nothing_new(first: Look, seen: Look) -> bool:
    """Neither an event nor a change of the stream, which a receiver must not find out later."""
    return not seen.found and seen.standing == first.standing


async def settle(provider: IdentityProvider, outlet: Outlet, caller: Caller, asked: PollRequest, limit: int) -> Look:
    """Take over what is acknowledged or refused, and look, in one transaction."""
    receiver = str(caller.client_id)
    async with provider.database.unit_of_work(RowContext.of(caller)) as session:
        await delivery.hear(session, receiver)
        await delivery.acknowledge(session, receiver, asked.ack)
        errors = await delivery.refuse(session, receiver, asked.set_errs)
        seen = await looked(session, receiver, limit)
    outlet.note(receiver, errors)
    return seen


async def look(provider: IdentityProvider, caller: Caller, limit: int) -> Look:
    async with provider.database.unit_of_work(RowContext.of(caller)) as session:
        return await looked(session, str(caller.client_id), limit)


async def looked(session: AsyncSession, receiver: str, limit: int) -> Look:
    """A stream that is not enabled tells nothing (SSF 1.0 §8.1.2.1); one more than `limit` says that there is more."""
    standing = await delivery.standing(session, receiver)
    if standing is None:
        raise NoSnapshot
    if standing.status is not StreamStatus.enabled:
        return Look([], standing)
    return Look(await delivery.waiting(session, receiver, limit + 1), standing)
