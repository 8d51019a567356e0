"""Quiet mode as its client's first page asks for it."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class QuietSession(BaseModel):
    """An open dosing session. `until` is when quiet mode ends by itself; `thread` is the entry that words follow.

    `may_speak` says that others in the room agreed beforehand that a voice is recorded.
    """

    id: UUID
    opened_at: datetime
    until: datetime
    thread: UUID | None
    may_speak: bool


class QuietMode(BaseModel):
    """`session` is null where there is none, where it ended, and where the client left it."""

    session: QuietSession | None
