from datetime import datetime
from typing import Annotated

from pydantic import UUID7, BaseModel, ConfigDict, Field

from afterglow_messaging.messages.schemas import Text

LARGEST_NUMBER = 2**31 - 1


class VersionIn(BaseModel):
    """Other words, under an id that the sender made.

    `replaces` is the number of the version that they had before them, 0 for the message as it was sent.
    """

    model_config = ConfigDict(extra="forbid")

    id: UUID7
    text: Text
    replaces: Annotated[int, Field(strict=True, ge=0, le=LARGEST_NUMBER)]


class VersionOut(BaseModel):
    """What a message said from `written_at` on; number 0 is what was sent."""

    number: int
    text: str
    written_at: datetime


class VersionList(BaseModel):
    """Oldest first; the last is what the message says now."""

    items: list[VersionOut]
