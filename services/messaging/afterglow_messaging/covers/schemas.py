from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from afterglow_messaging.conversations.schemas import PartyOut


class Placed(BaseModel):
    """A line stands behind the message numbered `after` (0: before the first that the reader may read).

    `id` stays the same however often it is read.
    """

    id: str
    at: datetime
    after: int = 0


class CoverLine(Placed):
    """Somebody begins to stand in for the conversation's therapist, in a care team for `covered`, or no longer does."""

    kind: Literal["cover_begins", "cover_ends"]
    covering: PartyOut
    covered: PartyOut | None = None
    starts_at: datetime
    ends_at: datetime


class TeamLine(Placed):
    """A therapist is in a care team's conversation from then on, or no longer is."""

    kind: Literal["joins", "leaves"]
    member: PartyOut


Line = Annotated[CoverLine | TeamLine, Field(discriminator="kind")]


class Lines(BaseModel):
    """`next_at` is when the next line is due, as far as is known."""

    items: list[Line] = []
    next_at: datetime | None = None
