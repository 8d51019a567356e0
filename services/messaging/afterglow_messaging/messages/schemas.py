from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

LONGEST_TEXT = 10_000


def has_words(text: str) -> str:
    if "\x00" in text:
        raise ValueError("A message cannot hold a null character.")
    if not text.strip():
        raise ValueError("Write something before sending.")
    return text


Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT, strict=True), AfterValidator(has_words)]


class MessageIn(BaseModel):
    """What a person sends; who sends it is the token's business."""

    model_config = ConfigDict(extra="forbid")

    text: Text
    reply_to: UUID | None = None


class MessageOut(BaseModel):
    id: UUID
    conversation_id: UUID
    sender_id: UUID
    text: str
    reply_to: UUID | None
    sequence: int
    sent_at: datetime


class MessagePage(BaseModel):
    """In the order of sending, newest last; `next` is the `after` (or `before`, if asked with it) of the next page."""

    items: list[MessageOut]
    next: str | None


class UpdatesPage(BaseModel):
    """New messages of all conversations; `next` is the cursor that follows them, and `more` says there are others."""

    items: list[MessageOut]
    next: str
    more: bool
