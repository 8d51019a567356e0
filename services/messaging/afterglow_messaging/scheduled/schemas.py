from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field
from pydantic_core import PydanticCustomError

from afterglow_messaging.messages.schemas import MessageIn, Text

FURTHEST = timedelta(days=60)


def is_ahead(moment: datetime) -> datetime:
    ahead = moment - datetime.now(UTC)
    if ahead <= timedelta():
        raise PydanticCustomError("too_soon", "Choose a moment that is still to come.")
    if ahead > FURTHEST:
        raise PydanticCustomError("too_far", "Choose a moment in the next sixty days.")
    return moment.astimezone(UTC)


SendAt = Annotated[AwareDatetime, AfterValidator(is_ahead)]


class ScheduledIn(BaseModel, extra="forbid"):
    """A message of words, and when it is to go out."""

    text: Text
    reply_to: UUID | None = None
    send_at: SendAt

    def message(self) -> MessageIn:
        return MessageIn(text=self.text, reply_to=self.reply_to)


class ScheduledChangeIn(BaseModel, extra="forbid"):
    """Other words, another moment, or both; `replaces` is the version that was seen."""

    text: Text
    send_at: SendAt
    replaces: Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]


class ScheduledOut(BaseModel):
    """`refusal` says why it was not sent: care had ended, its sender's account was closed, or it came too late."""

    id: UUID
    conversation_id: UUID
    text: str
    reply_to: UUID | None
    send_at: datetime
    version: int
    refused_at: datetime | None
    refusal: Literal["closed", "late", "sender"] | None


class ScheduledList(BaseModel):
    """What goes out first comes first; all of them, as many as one may have."""

    items: list[ScheduledOut]
