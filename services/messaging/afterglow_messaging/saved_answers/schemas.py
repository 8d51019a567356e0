from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from afterglow_messaging.messages.schemas import Text

LONGEST_NAME = 80


def one_line(name: str) -> str:
    if not name.isprintable():
        raise ValueError("A name is one line of plain characters.")
    if not name.strip():
        raise ValueError("Give it a name.")
    return name.strip()


Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, strict=True), AfterValidator(one_line)]


class SavedAnswerIn(BaseModel, extra="forbid"):
    """A name to choose it by, and the words that go into a message."""

    name: Name
    text: Text


class ChangeIn(SavedAnswerIn):
    """Other words in their place; `replaces` is the version that was seen."""

    replaces: Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]


class SavedAnswerName(BaseModel):
    id: UUID
    name: str


class SavedAnswerOut(SavedAnswerName):
    text: str
    version: int


class SavedAnswerNames(BaseModel):
    """By name, without the words: all of them, as many as one may have."""

    items: list[SavedAnswerName]
