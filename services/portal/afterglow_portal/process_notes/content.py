"""From bodies to columns and back to answers; a note's words are sealed and opened here only."""

from uuid import UUID

from afterglow_foundation.plain_text import as_read, cut
from afterglow_foundation.sealing import DataKey

from afterglow_portal.journal.content import LOOKED_AT, OPENING, binding
from afterglow_portal.process_notes.models import ProcessNote, ProcessNoteVersion
from afterglow_portal.process_notes.schemas import NoteHead, NoteOut, NoteStanding, NoteVersion

NOTE, VERSION = "process_notes", "process_note_versions"


def sealed(words: str, note_id: UUID, key: DataKey) -> bytes:
    return key.seal(words, binding(NOTE, "text", note_id, key.owner))


def sealed_version(words: str, row: UUID, key: DataKey) -> bytes:
    return key.seal(words, binding(VERSION, "text", row, key.owner))


def words_of(note: ProcessNote, key: DataKey) -> str:
    """Raises SealBrokenError where they do not open, LookupError for a note that was erased."""
    if note.text is None:
        raise LookupError("an erased note has no words")
    return key.open(note.text, binding(NOTE, "text", note.id, key.owner))


def head(note: ProcessNote, key: DataKey) -> NoteHead:
    opening = cut(as_read(words_of(note, key)[:LOOKED_AT]), OPENING)
    return NoteHead(**standing(note), opening=opening)


def shown(note: ProcessNote, key: DataKey, *, may_write: bool) -> NoteOut:
    return NoteOut(**standing(note), text=words_of(note, key), may_write=may_write)


def standing(note: ProcessNote) -> dict[str, object]:
    return NoteStanding.model_validate(note, from_attributes=True).model_dump()


def shown_version(row: ProcessNoteVersion, key: DataKey) -> NoteVersion:
    words = key.open(row.text, binding(VERSION, "text", row.id, key.owner))
    return NoteVersion(version=row.version, made_at=row.made_at, text=words)


def current_version(note: ProcessNote, key: DataKey) -> NoteVersion:
    made_at = note.edited_at or note.written_at
    return NoteVersion(version=note.version, made_at=made_at, text=words_of(note, key))
