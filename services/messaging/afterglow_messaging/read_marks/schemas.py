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
    id: UUID
    unread: int


class UnreadOut(BaseModel):
    """Conversations in which the other party wrote something that is not marked as read; `total` is their sum."""

    total: int
    conversations: list[UnreadConversation]
