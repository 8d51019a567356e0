"""A receiver's stream, as it and auth speak of it (Shared Signals Framework 1.0 §8.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from afterglow_foundation.security_events.events import StreamStatus

STREAMS_PATH = "/internal/events/streams"
STATUS_PATH = "/internal/events/status"
VERIFICATION_PATH = "/internal/events/verification"
POLL_METHOD = "urn:ietf:rfc:8936"

# With each answer to a poll, whose body RFC 8936 leaves no room for it: how the stream stood when it was looked at,
# since when it has told what it tells, and whether that is everything. Without them a paused stream, or one that tells
# little, would look like one with nothing to tell.
STATUS_HEADER = "stream-status"
SINCE_HEADER = "stream-since"
TELLS_HEADER = "stream-tells"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a stream stands: what is told, or kept, is what has happened since `since`, with `everything` all of it."""

    status: StreamStatus
    since: datetime
    everything: bool

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Standing":
        """As an answer to a poll says. Raises KeyError or ValueError for one that does not."""
        since, tells = datetime.fromisoformat(headers[SINCE_HEADER]), headers[TELLS_HEADER]
        return cls(StreamStatus(headers[STATUS_HEADER]), since, everything=tells == "everything")

    @property
    def headers(self) -> dict[str, str]:
        tells = "everything" if self.everything else "some"
        return {STATUS_HEADER: self.status, SINCE_HEADER: self.since.isoformat(), TELLS_HEADER: tells}

    @property
    def is_whole(self) -> bool:
        """Whether an answer without an event says that there was none."""
        return self.status is StreamStatus.enabled and self.everything


class Delivery(BaseModel, frozen=True):
    """How tokens reach the receiver; the address is auth's word, since the receiver comes for them."""

    method: str
    endpoint_url: str


class StreamConfiguration(BaseModel, frozen=True):
    """A stream as auth describes it: `aud` is the receiver, times are in seconds.

    `events_requested` is missing where the receiver left the choice to auth, which then tells everything.
    """

    stream_id: UUID
    iss: str
    aud: str
    delivery: Delivery
    events_supported: list[str]
    events_requested: list[str] | None = Field(default=None, exclude_if=lambda asked: asked is None)
    events_delivered: list[str]
    description: str | None = Field(default=None, exclude_if=lambda description: description is None)
    min_verification_interval: int
    inactivity_timeout: int


class StatusDocument(BaseModel, frozen=True):
    """A stream's status, and the words that the receiver gave when it set it."""

    stream_id: UUID
    status: StreamStatus
    reason: str | None = Field(default=None, exclude_if=lambda reason: reason is None)
