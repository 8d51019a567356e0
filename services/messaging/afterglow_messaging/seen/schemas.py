from typing import Annotated

from pydantic import BaseModel, Field


class SeenChoiceBody(BaseModel, extra="forbid", frozen=True):
    """`tells`: those one writes with learn how far one has read, if they tell it of themselves as well."""

    tells: Annotated[bool, Field(strict=True)]


class SeenMark(BaseModel, frozen=True):
    """How far the other one has read, as a message's number; null where nothing is told, whatever the reason.

    `tells` is the caller's own choice. Why nothing is told is not said: that would tell the other one's choice.
    """

    tells: bool
    sequence: int | None
