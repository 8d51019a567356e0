"""Attachments in and out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, field_validator

from afterglow_messaging.attachments.kinds import FileKind
from afterglow_messaging.attachments.names import plain

LARGEST_COUNT = 2**31 - 1
LONGEST_SENT_NAME = 1000  # what is too long to show is cut, what is longer is no name


class UploadBody(BaseModel, extra="forbid", frozen=True):
    """What will be sent: how many bytes, and what the file is called. What it is, its content says."""

    size: Annotated[int, Field(strict=True, ge=1, le=LARGEST_COUNT)]
    name: Annotated[str, Field(strict=True, max_length=LONGEST_SENT_NAME)]

    @field_validator("name")
    @classmethod
    def named(cls, name: str) -> str:
        if not plain(name):
            raise ValueError("Give the file a name.")
        return plain(name)


class UploadOut(BaseModel):
    """A file on its way; until `finished_at` nobody can send it. `size` is what was declared."""

    id: UUID
    conversation_id: UUID
    name: str
    size: int
    received: int
    created_at: datetime
    finished_at: datetime | None


class AttachmentOut(BaseModel):
    """A file as its message shows it; `size` is what a download has."""

    id: UUID
    name: str
    media_type: FileKind
    size: int
