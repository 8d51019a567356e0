"""Voice notes in and out. Strict, as the journal is."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from afterglow_foundation.audio_kinds import AudioKind, canonical
from pydantic import BaseModel, BeforeValidator, Field

from afterglow_portal.journal.schemas import LARGEST_COUNT
from afterglow_portal.readings import FirstReading

Kind = Annotated[AudioKind, BeforeValidator(canonical)]
AtLeastOne = Annotated[int, Field(strict=True, ge=1, le=LARGEST_COUNT)]


class VoiceNoteBody(BaseModel, extra="forbid", frozen=True):
    """What will be sent: how many bytes, of which kind, and how long it plays where the sender knows."""

    size: AtLeastOne
    media_type: Kind
    seconds: AtLeastOne | None = None


class VoiceNoteOut(BaseModel):
    """A voice note of an entry; until `finished_at` only `received` of its bytes are there.

    A therapist sees their own reading alone.
    """

    id: UUID
    entry_id: UUID
    media_type: AudioKind
    size: int
    seconds: int | None
    received: int
    created_at: datetime
    finished_at: datetime | None
    readings: list[FirstReading]


class VoiceNotes(BaseModel):
    """Oldest first."""

    items: list[VoiceNoteOut]
