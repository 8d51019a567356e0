from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from afterglow_messaging.attachments.schemas import AttachmentOut
from afterglow_messaging.conversations.schemas import PartyOut, TeamMember
from afterglow_messaging.covers.schemas import Line


class ExportedMessage(BaseModel):
    """`text` is what it says now, null of a withdrawn one; `corrections` counts what it said before.

    Files are named here; each is downloaded by itself.
    """

    id: UUID
    sequence: int
    sender_id: UUID
    sent_at: datetime
    text: str | None
    reply_to: UUID | None
    corrections: int
    corrected_at: datetime | None
    withdrawn_at: datetime | None
    attachments: list[AttachmentOut]


class ConversationExport(BaseModel):
    """One conversation, as far as who takes it out reads it, in the order of sending, and who stood in or was in it.

    That of a care team has a `team` and no `therapist`. `version` grows when the shape changes.
    """

    format: Literal["afterglow.conversation"] = "afterglow.conversation"
    version: Literal[3] = 3
    exported_at: datetime
    exported_by: UUID
    conversation_id: UUID
    client: PartyOut
    therapist: PartyOut | None
    team: list[TeamMember]
    opened_at: datetime
    closed_at: datetime | None
    messages: list[ExportedMessage]
    covers: list[Line]
