"""Find and play voice notes. A therapist's playing is noted before the first sound, as opening the entry is."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.audio_kinds import AudioKind
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.errors import NotFound, Problem, Refusal
from afterglow_foundation.sealing import DataKey, DataKeyStore
from afterglow_foundation.sealing.chunks import Place
from sqlalchemy import literal
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.journal.models import JournalDraft, JournalEntry
from afterglow_portal.journal.policy import readable as readable_entries
from afterglow_portal.journal.reading import note_reading
from afterglow_portal.people.models import PersonCopy
from afterglow_portal.readings import FirstReading, Readings
from afterglow_portal.sealing import find_key
from afterglow_portal.voice_notes.chunks import chunks_of
from afterglow_portal.voice_notes.models import VoiceNote, VoiceNoteReading
from afterglow_portal.voice_notes.policy import readable
from afterglow_portal.voice_notes.schemas import VoiceNoteOut, VoiceNotes
from afterglow_portal.voice_notes.uploading import Target

READING = ["client_id", "note_id", "reader_id", "reader_name", "read_at"]
PLAYINGS = Readings(VoiceNoteReading, "note_id", FirstReading)
ONE_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})", re.ASCII)


class RangeNotSatisfiable(Problem):
    status, code, title = 416, "range_not_satisfiable", "There is nothing at this place"

    def __init__(self, size: int) -> None:
        super().__init__(headers={"Content-Range": f"bytes */{size}"})


@dataclass(frozen=True, slots=True)
class Part:
    """From `begin` to before `end`; `whole` where nobody asked for less."""

    begin: int
    end: int
    whole: bool = False


def part_of(size: int, wanted: str | None) -> Part:
    """What a Range header asks for; anything but one range of bytes is as good as none. Raises RangeNotSatisfiable."""
    found = ONE_RANGE.fullmatch(wanted.strip()) if wanted else None
    if found is None or not any(found.groups()):
        return Part(0, size, whole=True)
    first, last = (int(number) if number else None for number in found.groups())
    if first is None:
        first, last = max(0, size - (last or 0)), None
    end = size if last is None else min(last + 1, size)
    if last is not None and last < first:
        return Part(0, size, whole=True)
    if first >= size:
        raise RangeNotSatisfiable(size)
    return Part(first, end)


@dataclass(frozen=True, slots=True)
class Playing:
    """A note that may be played: its first piece is open already, the others follow as they are asked for."""

    note: VoiceNote
    key: DataKey
    part: Part
    places: Sequence[Place]
    first: bytes

    async def pieces(self, database: Database, caller: Caller) -> AsyncIterator[bytes]:
        """The content piece by piece, each fetched on its own: a slow listener holds no transaction."""
        yield self.cut(self.places[0], self.first)
        for place in self.places[1:]:
            async with database.unit_of_work(RowContext.of(caller)) as session:
                content = await chunks_of(self.note).open(session, place, self.key)
            yield self.cut(place, content)

    def cut(self, place: Place, content: bytes) -> bytes:
        return content[max(0, self.part.begin - place.begin) : self.part.end - place.begin]


async def find_all(session: AsyncSession, caller: Caller, client: UUID, entry_id: UUID) -> VoiceNotes | None:
    """Every note of an entry that the caller may see; None where there is no such entry, nor a draft of their own."""
    entry = readable_entries(caller, client).where(col(JournalEntry.id) == entry_id)
    there = await session.scalar(entry.with_only_columns(col(JournalEntry.id)))
    if there is None and (caller.id != client or await session.get(JournalDraft, (client, entry_id)) is None):
        return None
    notes = list(await session.scalars(readable(caller, client, entry_id).order_by(col(VoiceNote.created_at))))
    readings = await PLAYINGS.by_object(session, client, [note.id for note in notes])
    return VoiceNotes(items=[shown(note, readings.get(note.id, [])) for note in notes])


def shown(note: VoiceNote, readings: list[FirstReading]) -> VoiceNoteOut:
    return VoiceNoteOut(**note.model_dump(exclude={"client_id", "chunks"}), readings=readings)


async def begin_playing(
    session: AsyncSession, keys: DataKeyStore, caller: Caller, *, client: UUID, target: Target, wanted: str | None
) -> Playing:
    """Open a note for the caller; a therapist's reading of entry and note is stored first.

    Raises NotFound, RangeNotSatisfiable, and SealBrokenError where something was altered.
    """
    refusal = Refusal(AuditAction.voice_note_read, target.note_id, client)
    if caller.role == Role.therapist:
        await note_playing(session, caller, client, target, refusal)
    found = readable(caller, client, target.entry_id).where(
        col(VoiceNote.id) == target.note_id, col(VoiceNote.finished_at).is_not(None)
    )
    note = await session.scalar(found)
    key = await find_key(keys, session, client) if note else None
    if note is None or key is None:
        raise NotFound(refusal=refusal)
    part = part_of(note.size, wanted)
    chunks = chunks_of(note)
    every = await chunks.places(session, chunks=note.chunks, size=note.size)
    places = [place for place in every if place.begin < part.end and place.end > part.begin]
    return Playing(note, key, part, places, await chunks.open(session, places[0], key))


async def note_playing(session: AsyncSession, caller: Caller, client: UUID, target: Target, refusal: Refusal) -> None:
    """Store that the caller opens the entry, and plays this note of it. Raises NotFound for what was taken back."""
    entry = await session.scalar(readable_entries(caller, client).where(col(JournalEntry.id) == target.entry_id))
    if entry is None or await note_reading(session, caller, entry) is None:
        raise NotFound(refusal=refusal)
    reader = await session.get(PersonCopy, caller.id)
    played = (
        readable(caller, client, target.entry_id)
        .where(col(VoiceNote.id) == target.note_id)
        .with_only_columns(
            col(VoiceNote.client_id),
            col(VoiceNote.id),
            literal(caller.id),
            literal(reader.name if reader else ""),
            literal(datetime.now(UTC)),
        )
    )
    noting = insert(VoiceNoteReading).from_select(READING, played).on_conflict_do_nothing()
    try:
        async with session.begin_nested():
            await session.execute(noting)
    except IntegrityError as error:  # erased between the statement's look and its lock
        raise NotFound(refusal=refusal) from error


ENDINGS = {
    AudioKind.mp3: "mp3",
    AudioKind.mp4: "m4a",
    AudioKind.ogg: "ogg",
    AudioKind.wav: "wav",
    AudioKind.webm: "webm",
}


def headers_of(playing: Playing) -> dict[str, str]:
    """A download of a safe type that nobody keeps: a page's player takes it all the same, and nothing runs of it."""
    part, size = playing.part, playing.note.size
    ending = ENDINGS[AudioKind(playing.note.media_type)]
    partial = {} if part.whole else {"Content-Range": f"bytes {part.begin}-{part.end - 1}/{size}"}
    return {
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="voice-note.{ending}"',
        "Content-Length": str(part.end - part.begin),
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        **partial,
    }
