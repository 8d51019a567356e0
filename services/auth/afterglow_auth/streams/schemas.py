"""What a receiver sends about its stream (Shared Signals Framework 1.0 §8.1). Types are strict."""

from typing import Annotated, Literal
from uuid import UUID

from afterglow_foundation.security_events.events import LONGEST_REASON, LONGEST_STATE, StreamStatus
from afterglow_foundation.security_events.polling import STORABLE
from pydantic import BaseModel, ConfigDict, Field, JsonValue

RECEIVERS_OWN = ("delivery", "events_requested", "description")
TRANSMITTERS_OWN = (
    "iss", "aud", "events_supported", "events_delivered", "min_verification_interval", "inactivity_timeout",
)  # fmt: skip

StreamId = Annotated[str, Field(max_length=100)]
Type = Annotated[str, Field(min_length=1, max_length=500, pattern=STORABLE)]


class Sent(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class DeliveryWish(Sent):
    """Polled, the only way there is. The address is not the receiver's to choose."""

    method: Literal["urn:ietf:rfc:8936"]
    endpoint_url: str | None = None


class StreamWish(Sent):
    """A new stream: without a way of delivery it is polled (§8.1.1.1), without types it tells everything."""

    delivery: DeliveryWish | None = None
    events_requested: list[Type] | None = Field(default=None, max_length=100)
    description: str | None = Field(default=None, max_length=1000, pattern=STORABLE)


class StreamChange(StreamWish):
    """What is to be different; auth's own members may come along, as they are (§8.1.1.3)."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow")

    stream_id: StreamId

    def contradicts(self, described: dict[str, JsonValue]) -> list[str]:
        """The members that are auth's, and are not as it says."""
        sent = self.model_extra or {}
        return [name for name in TRANSMITTERS_OWN if name in sent and sent[name] != described[name]]


class StatusWish(Sent):
    stream_id: StreamId
    status: StreamStatus = Field(strict=False)
    reason: str | None = Field(default=None, max_length=LONGEST_REASON, pattern=STORABLE)


class VerificationWish(Sent):
    stream_id: StreamId
    state: str | None = Field(default=None, max_length=LONGEST_STATE, pattern=STORABLE)


def stream_id_of(sent: str) -> UUID | None:
    """None for what cannot be the id of any stream."""
    try:
        return UUID(sent)
    except ValueError:
        return None
