"""What messaging answers of a message for later."""

from datetime import datetime
from uuid import UUID

from afterglow_design.languages import LazyString, lazy
from pydantic import BaseModel

REFUSALS: dict[str, LazyString] = {
    "closed": lazy("Not sent: this conversation was closed by then."),
    "late": lazy("Not sent: the portal was out of order then, and afterwards it was too late."),
    "sender": lazy("Not sent: your account was closed then."),
}


class Scheduled(BaseModel):
    """`refusal` says why it was not sent; None while it waits."""

    id: UUID
    conversation_id: UUID
    text: str
    send_at: datetime
    version: int
    refusal: str | None = None

    @property
    def why_not(self) -> LazyString | None:
        return REFUSALS.get(self.refusal or "")


class ScheduledList(BaseModel):
    items: list[Scheduled]
