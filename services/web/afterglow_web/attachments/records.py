"""What messaging answers of files, as far as pages show it."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class Attachment(BaseModel):
    """A file of a message; `size` is in bytes."""

    id: UUID
    name: str
    media_type: str
    size: int


class Upload(BaseModel):
    """A file on its way: `received` of `size` bytes are there; it can be sent once it is finished."""

    id: UUID
    name: str
    size: int
    received: int
    finished_at: datetime | None = None
