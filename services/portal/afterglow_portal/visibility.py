"""Who may see an entry (DOMAIN §4), and how much of its past."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, Self, TypeVar


class Visibility(StrEnum):
    """`next_session` is the client's alone until a session releases it."""

    next_session = "next_session"
    only_me = "only_me"
    therapist = "therapist"


BY_READERS = (Visibility.only_me, Visibility.next_session, Visibility.therapist)


def opens_wider(before: Visibility, after: Visibility) -> bool:
    return BY_READERS.index(after) > BY_READERS.index(before)


class Versioned(Protocol):
    """An answer that tells which version it is and when it was changed."""

    version: int
    edited_at: datetime | None

    def model_copy(self, *, update: Mapping[str, Any]) -> Self: ...


Told = TypeVar("Told", bound=Versioned)


def since_shared(told: Told, shared_version: int) -> Told:
    """As whoever it is shared with learns of it: edits are counted from there, and what came before is not told."""
    version = max(told.version - shared_version, 0) + 1
    return told.model_copy(update={"version": version, "edited_at": told.edited_at if version > 1 else None})
