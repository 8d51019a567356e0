from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel


class PartyOut(BaseModel):
    id: UUID
    name: str


class TeamMember(PartyOut):
    """A therapist who is in a care team's conversation, or was (not `present`)."""

    present: bool


class ConversationOut(BaseModel):
    """Between a client and a therapist, or, without a `therapist`, of the client's care `team`.

    `closed` says why the caller cannot write any more: care ended, at `closed_at`, or the practice wants no
    conversations of care teams (then without a time). In a care team a therapist's own care counts; they read, and
    count, what was written while they treated the client.

    `last_sequence` numbers the newest message, `read_sequence` the newest that the caller has marked as read (0 for
    none), and `unread` counts others' messages after that.
    """

    id: UUID
    client: PartyOut
    therapist: PartyOut | None
    team: list[TeamMember] = []
    last_message_at: datetime | None
    closed: Literal["care_ended", "switched_off"] | None
    closed_at: datetime | None
    last_sequence: int
    read_sequence: int
    unread: int


class ConversationPage(BaseModel):
    items: list[ConversationOut]
    next: UUID | None
