"""The export as messaging documents it, as far as paper shows it."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from afterglow_web.attachments.records import Attachment
from afterglow_web.messages.records import Line, Parties


class Exported(BaseModel):
    id: UUID
    sequence: int
    sender_id: UUID
    sent_at: datetime
    text: str | None
    reply_to: UUID | None = None
    corrected_at: datetime | None = None
    withdrawn_at: datetime | None = None
    attachments: list[Attachment] = []

    @property
    def lines(self) -> list[str]:
        return self.text.replace("\r\n", "\n").strip().split("\n") if self.text else []


class Export(Parties):
    exported_at: datetime
    messages: list[Exported]
    covers: list[Line] = Field(default_factory=list)
