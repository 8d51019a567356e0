"""What the accounts API says about signing keys. Never the keys themselves."""

from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import BaseModel

from afterglow_auth.oauth.models import SigningKey
from afterglow_auth.oauth.signing_keys import KEPT_AFTER


class KeyState(StrEnum):
    """`next` is published ahead of its time, `retired` still published, for tokens that it signed; then `over`."""

    next = "next"
    over = "over"
    retired = "retired"
    signing = "signing"


class KeyOut(BaseModel):
    """It signs from `active_at` until `retires_at`, and is published until `published_until`."""

    id: UUID
    state: KeyState
    created_at: datetime
    active_at: datetime
    retires_at: datetime | None
    published_until: datetime | None

    @classmethod
    def of(cls, key: SigningKey, now: datetime) -> Self:
        until = key.retires_at + KEPT_AFTER if key.retires_at else None
        return cls(
            id=key.id,
            state=state_of(key, until, now),
            created_at=key.created_at,
            active_at=key.active_at,
            retires_at=key.retires_at,
            published_until=until,
        )


class KeyList(BaseModel):
    items: list[KeyOut]
    next: None = None


def state_of(key: SigningKey, until: datetime | None, now: datetime) -> KeyState:
    if key.active_at > now:
        return KeyState.next
    if key.retires_at is None or key.retires_at > now:
        return KeyState.signing
    return KeyState.retired if until and until > now else KeyState.over
