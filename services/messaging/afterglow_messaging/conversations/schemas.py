from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class ConversationIn(BaseModel):
    """Who the conversation is between."""

    model_config = ConfigDict(extra="forbid")

    client_id: UUID
    therapist_id: UUID


class PartyOut(BaseModel):
    id: UUID
    name: str


class ConversationOut(BaseModel):
    """`closed_at` is when care ended: from then on nobody writes."""

    id: UUID
    client: PartyOut
    therapist: PartyOut
    last_message_at: datetime | None
    closed_at: datetime | None


class ConversationPage(BaseModel):
    items: list[ConversationOut]
    next: UUID | None
