from datetime import datetime
from typing import Annotated
from unicodedata import category
from uuid import UUID

from pydantic import UUID7, AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from afterglow_messaging.attachments.schemas import AttachmentOut
from afterglow_messaging.covers.schemas import Lines

LONGEST_TEXT = 10_000
MOST_ATTACHMENTS = 5
UNSEEN = {"Cc", "Cf", "Zl", "Zp", "Zs"}  # controls, formats and spaces; emoji newer than Python's table are none


def is_storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("A message cannot hold a null character.")
    return text


def has_words(text: str) -> str:
    """What nobody can see is no message, however many characters it has."""
    if all(category(character) in UNSEEN for character in text):
        raise PydanticCustomError("string_too_short", "Write something before sending.")
    return text


def all_different(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) < len(ids):
        raise ValueError("A file is named twice.")
    return ids


Attachments = Annotated[list[UUID7], Field(max_length=MOST_ATTACHMENTS), AfterValidator(all_different)]
PerhapsText = Annotated[str, Field(max_length=LONGEST_TEXT, strict=True), AfterValidator(is_storable)]
Text = Annotated[PerhapsText, AfterValidator(has_words)]


class MessageIn(BaseModel):
    """What a person sends: words, files, or both; who sends it is the token's business."""

    model_config = ConfigDict(extra="forbid")

    attachments: Attachments = []  # judged first: with a file the words may be missing
    text: PerhapsText
    reply_to: UUID | None = None

    @field_validator("text")
    @classmethod
    def says_something(cls, text: str, judged: ValidationInfo) -> str:
        return text if judged.data.get("attachments", ["unfit"]) else has_words(text)


class MessageOut(BaseModel):
    """`text` is what it says now, `corrections` how often that took the place of what it said before.

    A withdrawn message keeps its place and has no `text` any more, for nobody.
    """

    id: UUID
    conversation_id: UUID
    sender_id: UUID
    text: str | None
    reply_to: UUID | None
    sequence: int
    sent_at: datetime
    attachments: list[AttachmentOut] = []
    corrections: int = 0
    corrected_at: datetime | None = None
    withdrawn_at: datetime | None = None


class MessagePage(BaseModel):
    """In the order of sending, newest last; `next` is the `after` (or `before`, if asked with it) of the next page.

    `covers` are lines that belong between these messages, and behind the last one before them if asked with `after`.
    """

    items: list[MessageOut]
    next: str | None
    covers: Lines = Lines()


class UpdatesPage(BaseModel):
    """New and changed messages of all conversations.

    `next` is the cursor that follows them, and `more` says there are others.
    """

    items: list[MessageOut]
    next: str
    more: bool
