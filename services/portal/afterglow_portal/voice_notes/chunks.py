"""Where a voice note's sealed chunks lie."""

from afterglow_foundation.sealing import Binding
from afterglow_foundation.sealing.chunks import Chunks
from sqlmodel import col

from afterglow_portal.voice_notes.models import VoiceNote, VoiceNoteChunk


def chunks_of(note: VoiceNote) -> Chunks:
    table = VoiceNoteChunk
    return Chunks(
        Binding("portal", table.__tablename__, "content", row=note.id, owner=note.client_id),
        of=(col(table.client_id) == note.client_id) & (col(table.note_id) == note.id),
        index=col(table.index),
        content=col(table.content),
    )
