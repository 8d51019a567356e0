"""Chunks: each sealed with a nonce of its own for its place, so that none opens elsewhere and none can be left out.

What is sealed with a chunk names the person, the note, the index and whether it is the last. A chunk that was moved,
exchanged or altered does not open; where the last ones were cut off, the one that stands there now was not sealed as
the last.
"""

from dataclasses import dataclass
from uuid import UUID

from afterglow_foundation.sealing import OVERHEAD_BYTES, Binding, DataKey, SealBrokenError
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.voice_notes.models import VoiceNote, VoiceNoteChunk

TABLE = "voice_note_chunks"


def binding(note_id: UUID, owner: UUID, index: int, *, last: bool) -> Binding:
    column = f"content/{index}/{'last' if last else 'more'}"
    return Binding(service="portal", table=TABLE, column=column, row=note_id, owner=owner)


def sealed(content: bytes, note: VoiceNote, key: DataKey, *, last: bool) -> VoiceNoteChunk:
    """The next chunk of a note."""
    place = binding(note.id, note.client_id, note.chunks, last=last)
    return VoiceNoteChunk(
        client_id=note.client_id, note_id=note.id, index=note.chunks, content=key.seal_bytes(content, place)
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a chunk stands in the whole: `begin` to before `end`."""

    index: int
    begin: int
    end: int
    last: bool


async def places_of(session: AsyncSession, note: VoiceNote) -> list[Place]:
    """Every chunk of a note that is whole. Raises SealBrokenError where one is missing or too many."""
    length = func.octet_length(col(VoiceNoteChunk.content)) - OVERHEAD_BYTES
    found = await session.execute(
        select(col(VoiceNoteChunk.index), length)
        .where(col(VoiceNoteChunk.client_id) == note.client_id, col(VoiceNoteChunk.note_id) == note.id)
        .order_by(col(VoiceNoteChunk.index))
    )
    places: list[Place] = []
    for index, bytes_in_it in found:
        begin = places[-1].end if places else 0
        places.append(Place(index, begin, begin + bytes_in_it, last=index == note.chunks - 1))
    if [place.index for place in places] != list(range(note.chunks)) or places[-1].end != note.size:
        raise SealBrokenError("chunks are missing, or there are too many")
    return places


async def open_chunk(session: AsyncSession, note: VoiceNote, place: Place, key: DataKey) -> bytes:
    """The content of one chunk. Raises SealBrokenError."""
    found = await session.scalar(
        select(col(VoiceNoteChunk.content)).where(
            col(VoiceNoteChunk.client_id) == note.client_id,
            col(VoiceNoteChunk.note_id) == note.id,
            col(VoiceNoteChunk.index) == place.index,
        )
    )
    if found is None:
        raise SealBrokenError("a chunk is missing")
    return key.open_bytes(found, binding(note.id, note.client_id, place.index, last=place.last))
