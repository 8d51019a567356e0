"""A receiver's own stream at auth: made where there is none, put right where it is not as it should be, verified."""

import time
from http import HTTPStatus
from uuid import UUID

import structlog

from afterglow_foundation.client import ServiceClient, ServiceTokens, UpstreamProblem
from afterglow_foundation.errors import Problem
from afterglow_foundation.security_events.events import SUPPORTED, StreamStatus, StreamUpdated, Verification
from afterglow_foundation.security_events.feed import Feed
from afterglow_foundation.security_events.states import States
from afterglow_foundation.security_events.streams import (
    POLL_METHOD,
    STATUS_PATH,
    STREAMS_PATH,
    VERIFICATION_PATH,
    StatusDocument,
    StreamConfiguration,
)
from afterglow_foundation.security_events.tokens import Event, RefusedTokenError

logger = structlog.get_logger()
LOOK_EVERY, LOOK_AGAIN = 300.0, 1.0  # seconds; the second where something is not as it should be


class WrongStreamError(Exception):
    """A stream of another issuer, for another receiver, or delivered in another way: nothing that it says counts."""


class OwnStream:
    """`receiver` is what auth knows the service by; every process of the service has the same stream."""

    def __init__(
        self, auth: ServiceClient, tokens: ServiceTokens, *, issuer: str, receiver: str, states: States, feed: Feed
    ) -> None:
        self._auth = auth
        self._tokens = tokens
        self._issuer = issuer
        self._receiver = receiver
        self._states = states
        self._feed = feed
        self._id: UUID | None = None
        self._looked_at = self._look_at = 0.0

    async def look_after(self, *, anew: bool) -> None:
        """Every few minutes: put right what is wrong, and ask for a verification event.

        `anew` where a snapshot is about to say all that an older stream may still hold: then that is given up first.

        Raises WrongStreamError. What auth refuses or cannot be asked is tried again soon, and keeps no poll waiting.
        """
        if time.monotonic() < self._look_at:
            return
        self._looked_at = time.monotonic()
        try:
            if anew:
                await self._give_up()
            await self._ensure()
            await self._ask_for_verification()
            self._look_at = self._looked_at + LOOK_EVERY
        except Problem as problem:
            if isinstance(problem, UpstreamProblem) and problem.upstream_status == HTTPStatus.UNAUTHORIZED:
                self._tokens.forget()
            logger.warning("event stream not looked after", receiver=self._receiver, code=problem.code)
            self.look_soon()

    def look_soon(self) -> None:
        """Something is not as it should be."""
        self._look_at = self._looked_at + LOOK_AGAIN

    def take(self, event: Event) -> None:
        """What auth tells about the stream itself. Raises RefusedTokenError for another's, and for a foreign state."""
        if self._id is not None and event.subject_id != self._id:
            self.look_soon()  # perhaps it is ours by now: another process may have begun anew
            raise RefusedTokenError("invalid_request", "This is about another stream.")
        if isinstance(event.payload, Verification) and event.payload.state is not None:
            if not self._states.knows(event.payload.state):
                raise RefusedTokenError("invalid_state", "Nobody here sent that state.")
            self._feed.verify()
        if isinstance(event.payload, StreamUpdated):
            logger.warning("event stream changed", receiver=self._receiver, status=event.payload.status)
            self.look_soon()

    async def _ensure(self) -> None:
        """Have a stream that is enabled and leaves nothing out. Raises WrongStreamError."""
        stream = self._checked(await self._find() or await self._create())
        self._id = stream.stream_id
        if set(SUPPORTED) & set(stream.events_supported) - set(stream.events_delivered):
            logger.warning("event stream left something out", receiver=self._receiver)
            wanted = {"stream_id": str(self._id), "events_requested": SUPPORTED}
            await self._ask("PATCH", STREAMS_PATH, json=wanted)
        answer = await self._ask("GET", STATUS_PATH, params={"stream_id": str(self._id)})
        found = StatusDocument.model_validate_json(answer)
        if found.status is not StreamStatus.enabled:
            logger.warning("event stream was stopped", receiver=self._receiver, status=found.status)
            await self._ask("POST", STATUS_PATH, json={"stream_id": str(self._id), "status": StreamStatus.enabled})

    async def _give_up(self) -> None:
        if found := await self._find():
            named = {"stream_id": str(found.stream_id)}
            await self._auth.request("DELETE", STREAMS_PATH, token=await self._tokens.get(), params=named)

    async def _ask_for_verification(self) -> None:
        """Too soon after another process's request, that one's event will do."""
        try:
            await self._ask("POST", VERIFICATION_PATH, json={"stream_id": str(self._id), "state": self._states.make()})
        except UpstreamProblem as problem:
            if problem.upstream_status != HTTPStatus.TOO_MANY_REQUESTS:
                raise

    async def _find(self) -> StreamConfiguration | None:
        answer = await self._auth.request("GET", STREAMS_PATH, token=await self._tokens.get())
        found: list[object] = answer.json()
        return StreamConfiguration.model_validate(found[0]) if found else None

    async def _create(self) -> StreamConfiguration | None:
        """None where another process was quicker."""
        wanted = {"delivery": {"method": POLL_METHOD}, "events_requested": SUPPORTED, "description": self._receiver}
        try:
            return StreamConfiguration.model_validate_json(await self._ask("POST", STREAMS_PATH, json=wanted))
        except UpstreamProblem as problem:
            if problem.upstream_status != HTTPStatus.CONFLICT:
                raise
            return await self._find()

    def _checked(self, stream: StreamConfiguration | None) -> StreamConfiguration:
        if stream is None:
            raise WrongStreamError("The stream was deleted while it was looked for.")
        if (stream.iss, stream.aud, stream.delivery.method) != (self._issuer, self._receiver, POLL_METHOD):
            raise WrongStreamError("The stream is of another issuer, for another receiver or delivered another way.")
        return stream

    async def _ask(self, method: str, path: str, **sent: object) -> bytes:
        answer = await self._auth.request(method, path, token=await self._tokens.get(), **sent)  # type: ignore[arg-type]  # json or params, as its callers above name them
        return answer.content
