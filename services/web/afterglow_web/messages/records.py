"""What messaging answers, as far as pages show it. Unknown fields are left alone."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class Party(BaseModel):
    id: UUID
    name: str


class Conversation(BaseModel):
    """`unread` counts what the other one wrote after `read_sequence`; `closed_at` is when care ended."""

    id: UUID
    client: Party
    therapist: Party
    last_message_at: datetime | None = None
    closed_at: datetime | None = None
    last_sequence: int = 0
    read_sequence: int = 0
    unread: int = 0

    def other(self, person: UUID) -> Party:
        """The one that `person` writes with."""
        return self.therapist if person == self.client.id else self.client

    def writer(self, person: UUID) -> str:
        """The name of one of the two."""
        return self.client.name if person == self.client.id else self.therapist.name


class Message(BaseModel):
    """`sequence` numbers the messages of a conversation from 1, without gaps."""

    id: UUID
    conversation_id: UUID
    sender_id: UUID
    text: str
    sequence: int
    sent_at: datetime


class MessagePage(BaseModel):
    """In the order of sending, newest last."""

    items: list[Message]
    next: str | None = None


class ReadMark(BaseModel):
    sequence: int


class UnreadConversation(BaseModel):
    id: UUID
    unread: int


class Unread(BaseModel):
    """How much waits for the person: over all conversations, and in those where something does."""

    total: int
    conversations: list[UnreadConversation] = []


class Updates(BaseModel):
    """What was stored since a cursor; `next` is the cursor after it, and `more` says that there is more at once."""

    items: list[Message]
    next: str
    more: bool = False
