"""What portal answers about quiet mode."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class QuietSession(BaseModel):
    """It is quiet until then at the longest; `thread` is the journal entry that words follow.

    `may_speak` says that others in the room agreed to a recording.
    """

    id: UUID
    until: datetime
    thread: UUID | None
    may_speak: bool


class QuietMode(BaseModel):
    session: QuietSession | None
