"""The token of a link: the row's id and when it expires, signed. It is derived when it is sent and stored nowhere."""

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from afterglow_auth.digests import Digests, Purpose

ID_BYTES, TIME_BYTES, SIGNATURE_BYTES = 16, 8, 32
TOKEN_BYTES = ID_BYTES + TIME_BYTES + SIGNATURE_BYTES


class Linked(Protocol):
    """A row that a link leads to."""

    id: UUID

    @property
    def expires_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Named:
    """The link that a genuine token names. A link that was sent again expires later: its earlier token is over."""

    id: UUID
    expires_at: datetime


def token_of(digests: Digests, purpose: Purpose, link: Linked) -> str:
    """75 characters that are safe in an address. `expires_at` must be a whole second."""
    named = link.id.bytes + int(link.expires_at.timestamp()).to_bytes(TIME_BYTES)
    return base64.urlsafe_b64encode(named + sign(digests, purpose, named)).decode().rstrip("=")


def read(digests: Digests, purpose: Purpose, token: str) -> Named | None:
    """What a token names; None for one that we did not make, or not for this purpose."""
    try:
        decoded = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    if len(decoded) != TOKEN_BYTES:
        return None
    named, signature = decoded[:-SIGNATURE_BYTES], decoded[-SIGNATURE_BYTES:]
    if not hmac.compare_digest(sign(digests, purpose, named), signature):
        return None
    seconds = int.from_bytes(named[ID_BYTES:])
    return Named(UUID(bytes=named[:ID_BYTES]), datetime.fromtimestamp(seconds, UTC))


def sign(digests: Digests, purpose: Purpose, named: bytes) -> bytes:
    return digests.of(purpose, named.hex())
