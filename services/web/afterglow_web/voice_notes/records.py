"""What portal answers of voice notes, as far as pages show it."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from afterglow_web.records import ClientName


class Played(BaseModel):
    reader: ClientName
    read_at: datetime


class VoiceNote(BaseModel):
    id: UUID
    size: int
    seconds: int | None
    received: int
    created_at: datetime
    finished_at: datetime | None
    readings: list[Played]

    @property
    def length(self) -> str:
        """Minutes and seconds, as a player shows them; nothing where nobody knows."""
        return f"{self.seconds // 60}:{self.seconds % 60:02}" if self.seconds else ""


class VoiceNotes(BaseModel):
    items: list[VoiceNote]

    @property
    def whole(self) -> list[VoiceNote]:
        return [note for note in self.items if note.finished_at]
