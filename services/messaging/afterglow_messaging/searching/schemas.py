from datetime import datetime
from uuid import UUID

from afterglow_foundation.sought import Question
from pydantic import BaseModel, ConfigDict

from afterglow_messaging.conversations.schemas import PartyOut, TeamMember


class Search(BaseModel):
    """In the body and never in an address: what somebody looks for is as private as what they wrote.

    Every word of `q` must stand in a message, whatever case and accents; `conversation` looks in that one alone.
    """

    model_config = ConfigDict(extra="forbid")

    q: Question
    conversation: UUID | None = None


class Hit(BaseModel):
    """A message in which the words stand, with what stands around the first of them."""

    id: UUID
    conversation_id: UUID
    client: PartyOut
    therapist: PartyOut | None
    team: list[TeamMember]
    sender_id: UUID
    sequence: int
    sent_at: datetime
    excerpt: str


class Found(BaseModel):
    """Newest first. `searched` messages were opened for it.

    `complete` is false where the search ended at its bound before the page was full and before the messages were all
    searched. `next` goes on from there, or behind a full page.
    """

    items: list[Hit]
    searched: int
    complete: bool
    next: str | None
