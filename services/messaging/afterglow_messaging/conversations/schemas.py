from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class PartyOut(BaseModel):
    id: UUID
    name: str


class ConversationOut(BaseModel):
    """`closed_at` is when care ended: from then on nobody writes.

    `last_sequence` numbers the newest message, `read_sequence` the newest that the caller has marked as read (0 for
    none), and `unread` counts the other party's messages after that.
    """

    id: UUID
    client: PartyOut
    therapist: PartyOut
    last_message_at: datetime | None
    closed_at: datetime | None
    last_sequence: int
    read_sequence: int
    unread: int


class ConversationPage(BaseModel):
    items: list[ConversationOut]
    next: UUID | None
