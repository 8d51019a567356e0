"""What a service and auth say to each other about a notice: a letter without content that auth delivers to a person.

A service says to whom, of which kind, from when on and until when; address, words, language, quiet hours and
whether the account is still there are auth's. `PUT` under an id of the service's own hands a notice over once, and
asks what became of it ever after.
"""

from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, model_validator

NOTICES_PATH = "/internal/notices"
SCOPE = "notices"


class NoticeKind(StrEnum):
    messages = "messages"
    prompt = "prompt"


class NoticeState(StrEnum):
    """`unsent` is for good: too late, nobody to write to, refused, or nobody knows whether it went."""

    sent = "sent"
    unsent = "unsent"
    waiting = "waiting"


class NoticeBody(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    person_id: UUID
    kind: NoticeKind
    not_before: AwareDatetime
    expires_at: AwareDatetime

    @model_validator(mode="after")
    def be_in_order(self) -> Self:
        if self.not_before >= self.expires_at:
            raise ValueError("must not expire before it may be sent")
        return self


class NoticeAnswer(BaseModel):
    """`send_at` is when auth means to send it, past the receiver's quiet hours; `sent_at` when it did."""

    state: NoticeState
    send_at: datetime
    sent_at: datetime | None = None
