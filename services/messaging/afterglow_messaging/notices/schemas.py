"""What somebody wants to be told of, in and out."""

from typing import Annotated

from pydantic import BaseModel, Field


class NoticeChoices(BaseModel, extra="forbid", frozen=True):
    """`messages`: a mail without content when a message has waited for ten minutes."""

    messages: Annotated[bool, Field(strict=True)]
