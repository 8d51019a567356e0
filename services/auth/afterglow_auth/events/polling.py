"""Polling (RFC 8936): settle what the receiver says it got, then give what it has not, or wait for something."""

import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import structlog
from afterglow_foundation.callers import Caller
from afterglow_foundation.database import RowContext
from afterglow_foundation.errors import Conflict
from afterglow_foundation.live import Listener, Listening, told_to_stop
from afterglow_foundation.security_events.polling import (
    LONGEST_WAIT,
    MOST_EVENTS,
    NO_SNAPSHOT,
    PollAnswer,
    PollRequest,
    SetError,
)
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter

from afterglow_auth.events import delivery
from afterglow_auth.events.models import SecurityEvent
from afterglow_auth.events.outbox import CHANNEL
from afterglow_auth.provider import IdentityProvider

logger = structlog.get_logger()
LOOK_AFTER = 1.0  # seconds between two looks while the LISTEN connection is away and wake-ups are missed
KNOWN_ERRORS = {"access_denied", "authentication_failed", "invalid_audience", "invalid_issuer", "invalid_key"}


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


async def poll(provider: IdentityProvider, outlet: Outlet, caller: Caller, asked: PollRequest) -> PollAnswer:
    """Answer one poll. Raises NoSnapshot for a receiver that is not registered, or was forgotten."""
    receiver = str(caller.client_id)
    limit = min(asked.max_events, MOST_EVENTS)
    until = time.monotonic() + LONGEST_WAIT
    with outlet.waiting() as listener:
        found = await settle(provider, outlet, caller, asked, limit)
        while not found and limit and not asked.return_immediately and not listener.ended:
            left = until - time.monotonic()
            if left <= 0:
                break
            await listener.woken(min(left, outlet.longest_wait))
            found = await look(provider, caller, limit)
    signer = await provider.keys.signer()
    issuer = provider.settings.issuer
    sets = {row.id: delivery.sign(signer, row, issuer=issuer, receiver=receiver) for row in found[:limit]}
    return PollAnswer(sets=sets, more_available=len(found) > limit)


async def settle(
    provider: IdentityProvider, outlet: Outlet, caller: Caller, asked: PollRequest, limit: int
) -> Sequence[SecurityEvent]:
    """Take over what is acknowledged or refused, and look, in one transaction."""
    receiver = str(caller.client_id)
    async with provider.database.unit_of_work(RowContext.of(caller)) as session:
        if not await delivery.hear(session, receiver):
            raise NoSnapshot
        await delivery.acknowledge(session, receiver, asked.ack)
        errors = await delivery.refuse(session, receiver, asked.set_errs)
        found = await delivery.waiting(session, receiver, limit + 1)
    outlet.note(receiver, errors)
    return found


async def look(provider: IdentityProvider, caller: Caller, limit: int) -> Sequence[SecurityEvent]:
    async with provider.database.unit_of_work(RowContext.of(caller)) as session:
        return await delivery.waiting(session, str(caller.client_id), limit + 1)
