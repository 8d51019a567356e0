"""Take over process notes that were kept elsewhere, for example demonstration data: sealed and secured the same."""

from collections.abc import Sequence
from uuid import UUID

from afterglow_foundation.audit import event_values
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.sealing import DataKeyStore
from pydantic import UUID7
from sqlalchemy.dialects.postgresql import insert

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.models import AuditEvent
from afterglow_portal.process_notes.author import find_or_make_author
from afterglow_portal.process_notes.schemas import NoteBody
from afterglow_portal.process_notes.writing import write
from afterglow_portal.times import Instant


class ImportedNote(NoteBody, frozen=True):
    """A note with the id and time it had where it comes from."""

    id: UUID7
    written_at: Instant


async def import_notes(
    database: Database, keys: DataKeyStore, client_id: UUID, therapist_id: UUID, notes: Sequence[ImportedNote]
) -> None:
    """Store those that are not there yet, in one transaction that acts for the therapist under row-level security."""
    if not notes:
        return
    async with database.unit_of_work(RowContext(therapist_id, Role.therapist)) as session:
        author = await find_or_make_author(session, keys, Caller(therapist_id, Role.therapist), client_id)
        for one in notes:
            if await write(author, one.id, NoteBody.model_construct(text=one.text), at=one.written_at):
                event = event_values(
                    None, AuditAction.process_note_imported, object_id=one.id, subject_id=client_id, purpose="import"
                )
                await session.execute(insert(AuditEvent).values(**event))
