"""Erase an entry of one's own with all that belongs to it; its id is kept, so that nothing sent late brings it back."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import NotFound, Refusal
from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.agenda.service import unpin_all_of
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.journal.drafts import forget_draft
from afterglow_portal.journal.models import JournalEntry, JournalErasure
from afterglow_portal.journal.schemas import Erased
from afterglow_portal.journal.writing import find_erasure, lock_own, refuse_once_read
from afterglow_portal.voice_notes.erasing import erase_with_entry


async def erase(session: AsyncSession, caller: Caller, entry_id: UUID) -> tuple[Erased, bool]:
    """Delete an entry of one's own with all that belongs to it; the second value says whether this request did it.

    Raises AlreadyRead: what a therapist has read is part of the record, and the practice must keep it for its time.
    """
    client = caller.person
    entry = await lock_own(session, caller, entry_id)
    if entry is None:
        before = await find_erasure(session, client, entry_id)
        if before is None:
            raise NotFound(refusal=Refusal(AuditAction.journal_entry_erased, entry_id))
        return Erased(id=entry_id, erased_at=before.erased_at), False
    await refuse_once_read(session, entry, AuditAction.journal_entry_erased)
    mine = col(JournalEntry.client_id) == client
    await session.execute(update(JournalEntry).where(mine, col(JournalEntry.follows) == entry_id).values(follows=None))
    await session.execute(delete(JournalEntry).where(mine, col(JournalEntry.id) == entry_id))
    await erase_with_entry(session, client, entry_id)
    await forget_draft(session, client, entry_id)
    await unpin_all_of(session, client, entry_id)
    now = datetime.now(UTC)
    erasure = insert(JournalErasure).values(client_id=client, entry_id=entry_id, erased_at=now)
    await session.execute(erasure.on_conflict_do_nothing())
    return Erased(id=entry_id, erased_at=now), True
