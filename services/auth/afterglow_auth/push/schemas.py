"""Subscriptions in and out. Nothing that was handed in, address or key, ever comes out again."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from joserfc.util import urlsafe_b64decode
from pydantic import AfterValidator, BaseModel, Field, HttpUrl, TypeAdapter

from afterglow_auth.accounts.models import NoticeWay

LONGEST_ENDPOINT = 1000
SECRET_BYTES = 16
URL = TypeAdapter(HttpUrl)


def is_base64url(text: str) -> bytes:
    """The bytes; ValueError for anything but base64url, with or without padding."""
    return urlsafe_b64decode(text.rstrip("=").encode("ascii"))


def endpoint(text: str) -> str:
    """A web address and nothing that a browser would not have made."""
    url = URL.validate_python(text)
    if url.username or url.password or url.fragment or not text.isascii():
        raise ValueError("must be the address that a push service gave")
    return text


def public_key(text: str) -> str:
    EllipticCurvePublicKey.from_encoded_point(SECP256R1(), is_base64url(text))
    return text


def secret(text: str) -> str:
    if len(is_base64url(text)) != SECRET_BYTES:
        raise ValueError("must be sixteen bytes")
    return text


class Keys(BaseModel, extra="forbid", frozen=True):
    """RFC 8291 §3: the browser's public key on P-256 and the secret it shares, both as base64url."""

    p256dh: Annotated[str, Field(max_length=100), AfterValidator(public_key)]
    auth: Annotated[str, Field(max_length=40), AfterValidator(secret)]


class SubscriptionBody(BaseModel, extra="forbid", frozen=True):
    """What a browser's `PushSubscription` says of itself."""

    endpoint: Annotated[str, Field(max_length=LONGEST_ENDPOINT), AfterValidator(endpoint)]
    keys: Keys


class SubscriptionOut(BaseModel):
    id: UUID
    added_at: datetime


class SubscriptionsOut(BaseModel):
    """`public_key` (base64url, uncompressed point) is what a browser subscribes with; None where there is no push."""

    public_key: str | None
    items: list[SubscriptionOut]


class WayBody(BaseModel, extra="forbid", frozen=True):
    """How notices come."""

    way: NoticeWay
