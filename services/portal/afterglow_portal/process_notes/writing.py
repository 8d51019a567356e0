"""Write a process note, edit it with every version kept, and erase it with all of them."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Conflict, NotFound, Refusal
from afterglow_foundation.identifiers import new_id
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.edits import Edits
from afterglow_portal.process_notes.author import Author
from afterglow_portal.process_notes.content import sealed, sealed_version, words_of
from afterglow_portal.process_notes.models import ProcessNote, ProcessNoteVersion
from afterglow_portal.process_notes.policy import notes_of
from afterglow_portal.process_notes.schemas import NoteBody, NoteEdit

EDITS = Edits(ProcessNote, ProcessNoteVersion, of="note_id")


class NoteChanged(Conflict):
    code, title = "note_changed", "This note was changed since you opened it"


async def write(author: Author, note_id: UUID, body: NoteBody, *, at: datetime | None = None) -> bool:
    """Store a note under the id its writer made; False if it was stored before.

    Raises Conflict for other words under this id, and for one that was erased. `at` is when it was written where that
    was earlier, elsewhere.
    """
    digest = author.key.digest(body.canonical())
    made = await author.session.execute(
        insert(ProcessNote)
        .values(
            therapist_id=author.caller.person,
            client_id=author.client,
            id=note_id,
            text=sealed(body.text, note_id, author.key),
            written_at=at or datetime.now(UTC),
            version=1,
            body_digest=digest,
        )
        .on_conflict_do_nothing()
        .returning(col(ProcessNote.id))
    )
    if made.first() is not None:
        return True
    before = await author.session.scalar(notes_of(author.caller, author.client).where(col(ProcessNote.id) == note_id))
    if before is None or before.body_digest != digest:
        raise Conflict
    return False


async def edit(author: Author, note_id: UUID, body: NoteEdit) -> bool:
    """Replace what a note says; the version before is kept. False if this edit was made before.

    Raises NotFound, NoteChanged for an edit of a version that is no longer current, and Conflict when other words were
    sent under this `version_id`.
    """
    session, key, client = author.session, author.key, author.client
    row = await session.scalar(notes_of(author.caller, client).where(col(ProcessNote.id) == note_id).with_for_update())
    if row is None:
        raise NotFound(refusal=Refusal(AuditAction.process_note_edited, note_id, client))
    digest = key.digest(body.canonical())
    if await EDITS.made_before(session, row, body.version_id, digest):
        return False
    if body.base_version != row.version:
        raise NoteChanged
    earlier = new_id()
    session.add(
        ProcessNoteVersion(
            therapist_id=row.therapist_id,
            id=earlier,
            client_id=client,
            note_id=note_id,
            version=row.version,
            text=sealed_version(words_of(row, key), earlier, key),
            made_at=row.edited_at or row.written_at,
            version_id=row.version_id,
            version_digest=row.version_digest,
        )
    )
    row.text = sealed(body.text, note_id, key)
    row.version += 1
    row.edited_at = datetime.now(UTC)
    row.version_id, row.version_digest = body.version_id, digest
    await session.flush()
    return True


async def erase(session: AsyncSession, caller: Caller, client: UUID, note_id: UUID) -> bool:
    """Take out what the caller's own note said, and every earlier version; False when it was erased before.

    That there was one stays, so that its id is not taken again: without a digest no repeated body is the same.
    """
    own = col(ProcessNote.therapist_id) == caller.person, col(ProcessNote.client_id) == client
    row = await session.scalar(select(ProcessNote).where(*own, col(ProcessNote.id) == note_id).with_for_update())
    if row is None:
        raise NotFound(refusal=Refusal(AuditAction.process_note_erased, note_id, client))
    if row.erased_at is not None:
        return False
    version = ProcessNoteVersion
    await session.execute(
        delete(version).where(col(version.therapist_id) == caller.person, col(version.note_id) == note_id)
    )
    row.text, row.body_digest, row.version_id, row.version_digest = None, b"", None, None
    row.erased_at = datetime.now(UTC)
    await session.flush()
    return True
