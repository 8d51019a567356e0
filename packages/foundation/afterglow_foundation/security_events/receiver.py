"""The receiver: begins with a snapshot, then polls, applies and acknowledges, for as long as the service lives.

What it must not lose is in the database or still with auth: an event is acknowledged after its transaction, so
whenever the process ends in between, it is given again and found to be applied. Any number of processes may do so.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http import HTTPStatus
from uuid import UUID

import structlog
from fastapi import FastAPI
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_foundation.client import ServiceClient, ServiceTokens, UpstreamProblem
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.security_events.books import Books
from afterglow_foundation.security_events.copying import Copy
from afterglow_foundation.security_events.events import ABOUT_STREAMS
from afterglow_foundation.security_events.feed import Feed
from afterglow_foundation.security_events.own_stream import OwnStream
from afterglow_foundation.security_events.polling import (
    NO_SNAPSHOT,
    POLL_PATH,
    SCOPE,
    SNAPSHOT_PATH,
    PollAnswer,
    PollRequest,
    SetError,
    Snapshot,
)
from afterglow_foundation.security_events.states import States
from afterglow_foundation.security_events.streams import Standing
from afterglow_foundation.security_events.tokens import Event, RefusedTokenError, TokenReader
from afterglow_foundation.settings import ClientSettings
from afterglow_foundation.telemetry import frames_of
from afterglow_foundation.tokens import KeyCache

logger = structlog.get_logger()
PAUSES = (0.1, 0.1, 0.2, 0.2, 0.5, 1.0, 2.0)  # after each failure in a row; then the last one again and again
BREATH = 0.05  # after an empty answer: auth makes us wait for one, unless it is about to end
SWEEP_EVERY = timedelta(hours=1)
LONGEST_STATEMENT = 10.0
# Errors that say that this event, and not the database, is what is wrong: the same again would fail again.
UNFIT = (IntegrityError, DataError, ProgrammingError, ValueError, LookupError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class Settled:
    """What the next poll says about what the last ones brought."""

    acknowledged: set[UUID] = field(default_factory=set)
    refused: dict[UUID, SetError] = field(default_factory=dict)


class Receiver:
    """One process's receiver. `client_id` is what auth knows it by; `database` is the worker role's.

    `auth` and `database` are made from the settings when it begins, unless a test gives them.
    """

    def __init__(
        self,
        settings: ClientSettings,
        *,
        client_id: str,
        keys: KeyCache,
        copy: Copy,
        books: Books,
        auth: ServiceClient | None = None,
        database: Database | None = None,
    ) -> None:
        self.feed = Feed()
        self.settings = settings
        self.client_id = client_id
        self.copy = copy
        self.books = books
        self._reader = TokenReader(issuer=settings.issuer, receiver=client_id, keys=keys)
        self._auth = auth
        self._database = database
        self._settled = Settled()
        self._was_whole = True
        self._taken_at: datetime | None = None
        self._sweep_at = datetime.now(UTC)

    @asynccontextmanager
    async def lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        """A part of the service's life."""
        self.feed.begin()
        task = asyncio.create_task(self.follow())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await self.close()

    async def follow(self) -> None:
        """Go round for ever; whatever goes wrong is tried again after a pause."""
        failures = 0
        while True:
            try:
                if not await self.go_round():
                    await asyncio.sleep(BREATH)
                failures = 0
            except Exception as error:  # noqa: BLE001  # whatever it was, the feed must go on
                logger.warning("events not received", error_type=type(error).__name__, frames=frames_of(error)[-3:])
                await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
                failures += 1

    async def go_round(self) -> bool:
        """Begin with a snapshot where that is needed, then poll once and take over what comes; False for nothing."""
        self._taken_at = self._taken_at or await self._last_taken()
        await self._stream.look_after(anew=self._taken_at is None)
        if self._taken_at is None:
            await self.begin()
        answer, standing = await self._poll()
        is_whole = await self._leaves_nothing_out(standing)
        await self._take(answer)
        if is_whole and not answer.more_available:
            self.feed.hear()
        await self._sweep()
        return bool(answer.sets)

    async def begin(self) -> None:
        """Take auth's whole picture over, in one transaction with the note that it was taken."""
        answer = await self._source.request("GET", SNAPSHOT_PATH, token=await self._tokens.get())
        snapshot = Snapshot.model_validate_json(answer.content)
        async with self._worker.unit_of_work(RowContext()) as session:
            await self.copy.take_over(session, snapshot)
            await self.books.note_snapshot(session, self.client_id, snapshot.taken_at)
        self._taken_at = snapshot.taken_at
        self.feed.hear()

    async def _leaves_nothing_out(self, standing: Standing) -> bool:
        """Whether the stream tells everything now; what it left out before is made up for by a snapshot."""
        if self._taken_at is None or self._taken_at < standing.since:
            self._stream.look_soon()
            await self._stream.look_after(anew=False)  # perhaps it is another one by now
            self._taken_at = await self._last_taken()  # perhaps another process's
            if self._taken_at is None or self._taken_at < standing.since:
                await self.begin()
        if not standing.is_whole:
            self._stream.look_soon()
        self._was_whole = standing.is_whole
        return standing.is_whole

    async def close(self) -> None:
        """Give back connections."""
        for opened in (self._auth, self._database):
            if opened is not None:
                await opened.close()

    @property
    def _source(self) -> ServiceClient:
        self._auth = self._auth or ServiceClient(self.settings.auth_url)
        return self._auth

    @property
    def _worker(self) -> Database:
        if self._database is None:
            url = self.settings.worker_database_url.get_secret_value()
            self._database = Database.connect(url, pool_size=1, longest_statement=LONGEST_STATEMENT)
        return self._database

    @cached_property
    def _tokens(self) -> ServiceTokens:
        return ServiceTokens(
            self._source,
            issuer=self.settings.issuer,
            client_id=self.client_id,
            private_key=self.settings.private_key,
            scope=SCOPE,
        )

    @cached_property
    def _stream(self) -> OwnStream:
        states = States(self.settings.private_key)
        source, tokens, issuer = self._source, self._tokens, self.settings.issuer
        return OwnStream(source, tokens, issuer=issuer, receiver=self.client_id, states=states, feed=self.feed)

    async def _last_taken(self) -> datetime | None:
        async with self._worker.unit_of_work(RowContext()) as session:
            return await self.books.last_snapshot(session, self.client_id)

    async def _poll(self) -> tuple[PollAnswer, Standing]:
        """Say what was settled, and wait for more; at once where nothing is known yet, but for a stream put right."""
        said, at_once = self._settled, self.feed.is_stale and self._was_whole
        asked = PollRequest(ack=sorted(said.acknowledged), set_errs=dict(said.refused), return_immediately=at_once)
        try:
            answer = await self._source.request(
                "POST", POLL_PATH, token=await self._tokens.get(), json=asked.model_dump(mode="json", by_alias=True)
            )
        except UpstreamProblem as problem:
            if problem.upstream.code == NO_SNAPSHOT:
                self._stream.look_soon()
                await self.begin()  # auth has forgotten us, and with us what it had still to tell
            if problem.upstream_status == HTTPStatus.UNAUTHORIZED:
                self._tokens.forget()
            raise
        self._settled = Settled()
        return PollAnswer.model_validate_json(answer.content), Standing.of(answer.headers)

    async def _take(self, answer: PollAnswer) -> None:
        """Apply all in one transaction, and remember what to say about each.

        One that could not be taken is made up for by a snapshot before auth is told, so nothing it said is missed.
        """
        if not answer.sets:
            return
        events, refused = await self._read(answer)
        about_stream = {event.id for event in events if event.type in ABOUT_STREAMS}
        async with self._worker.unit_of_work(RowContext()) as session:
            for event in sorted(events, key=lambda event: event.id):
                if error := await self._apply(session, event):
                    refused[event.id] = error
        if refused:
            logger.error("events refused", count=len(refused), errors=sorted({one.err for one in refused.values()}))
        if refused.keys() - about_stream:
            await self.begin()
        self._settled = Settled({event.id for event in events} - refused.keys(), refused)

    async def _read(self, answer: PollAnswer) -> tuple[list[Event], dict[UUID, SetError]]:
        events, refused = [], {}
        for event_id, token in answer.sets.items():
            try:
                events.append(await self._reader.read(token, event_id))
            except RefusedTokenError as error:
                refused[event_id] = error.error
        return events, refused

    async def _apply(self, session: AsyncSession, event: Event) -> SetError | None:
        """Apply an event that is new, with the note that it was; None, or why it could not be."""
        try:
            async with session.begin_nested():
                if await self.books.note_event(session, event.id):
                    await self._take_over(session, event)
        except RefusedTokenError as error:
            return error.error
        except UNFIT as error:
            return SetError(err="invalid_request", description=f"It could not be applied: {type(error).__name__}.")
        return None

    async def _take_over(self, session: AsyncSession, event: Event) -> None:
        if event.type in ABOUT_STREAMS:
            self._stream.take(event)
        else:
            await self.copy.apply(session, event)

    async def _sweep(self) -> None:
        """Forget, each hour, what nothing can refer to any more."""
        now = datetime.now(UTC)
        if now < self._sweep_at:
            return
        async with self._worker.unit_of_work(RowContext()) as session:
            await self.books.sweep(session, now)
        self._sweep_at = now + SWEEP_EVERY
