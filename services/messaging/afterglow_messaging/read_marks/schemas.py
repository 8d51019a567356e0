from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

LARGEST_NUMBER = 2**63 - 1


class ReadMarkIn(BaseModel):
    """The number of the newest message that was seen."""

    model_config = ConfigDict(extra="forbid")

    sequence: Annotated[int, Field(strict=True, ge=0, le=LARGEST_NUMBER)]


class ReadMarkOut(BaseModel):
    """Where the mark stands now, and what is still unread after it."""

    sequence: int
    unread: int


class UnreadConversation(BaseModel):
    """Whose it is lets a therapist's list of clients show what waits, with one question for all of them."""

    id: UUID
    client_id: UUID
    unread: int


class UnreadOut(BaseModel):
    """Conversations in which somebody else wrote something that is not marked as read; `total` is their sum.

    `covers_as_of` changes when something is told of a cover: lines among messages may have changed then.
    """

    total: int
    conversations: list[UnreadConversation]
    covers_as_of: datetime | None = None
