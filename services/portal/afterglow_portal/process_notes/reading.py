"""Read one's own process notes: a page, one, the versions of one."""

from uuid import UUID

from sqlalchemy import select, tuple_
from sqlmodel import col

from afterglow_portal.checkins.cursor import Cursor
from afterglow_portal.process_notes.author import Author
from afterglow_portal.process_notes.content import current_version, head, shown, shown_version
from afterglow_portal.process_notes.models import ProcessNote, ProcessNoteVersion
from afterglow_portal.process_notes.policy import notes_of
from afterglow_portal.process_notes.schemas import NoteOut, NotePage, NoteVersions


async def find_page(author: Author, limit: int, after: str | None) -> NotePage:
    """A page, newest first; notes of the same instant by id."""
    written_at, note_id = col(ProcessNote.written_at), col(ProcessNote.id)
    rows = notes_of(author.caller, author.client).order_by(written_at.desc(), note_id.desc()).limit(limit + 1)
    if after:
        cursor = Cursor.decode(after)
        rows = rows.where(tuple_(written_at, note_id) < tuple_(cursor.felt_at, cursor.id))
    found = list(await author.session.scalars(rows))
    page = found[:limit]
    return NotePage(
        may_write=author.may_write,
        items=[head(note, author.key) for note in page],
        next=Cursor(page[-1].written_at, page[-1].id).encode() if len(found) > limit else None,
    )


async def find_one(author: Author, note_id: UUID) -> NoteOut | None:
    note = await author.session.scalar(notes_of(author.caller, author.client).where(col(ProcessNote.id) == note_id))
    return shown(note, author.key, may_write=author.may_write) if note else None


async def find_versions(author: Author, note_id: UUID) -> NoteVersions | None:
    """Every version of a note that still says something, oldest first."""
    note = await author.session.scalar(notes_of(author.caller, author.client).where(col(ProcessNote.id) == note_id))
    if note is None:
        return None
    version = ProcessNoteVersion
    mine = col(version.therapist_id) == author.caller.person, col(version.note_id) == note_id
    earlier = await author.session.scalars(select(version).where(*mine).order_by(col(version.version)))
    told = [shown_version(row, author.key) for row in earlier]
    return NoteVersions(items=[*told, current_version(note, author.key)])
