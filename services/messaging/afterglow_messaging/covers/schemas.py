from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from afterglow_messaging.conversations.schemas import PartyOut


class CoverLine(BaseModel):
    """Somebody begins to stand in for the conversation's therapist, or no longer does.

    It stands behind the message numbered `after` (0: before the first); `id` stays the same however often it is read.
    """

    id: str
    kind: Literal["cover_begins", "cover_ends"]
    at: datetime
    after: int
    covering: PartyOut
    starts_at: datetime
    ends_at: datetime


class Lines(BaseModel):
    """`next_at` is when the next line is due, as far as is known."""

    items: list[CoverLine] = []
    next_at: datetime | None = None
