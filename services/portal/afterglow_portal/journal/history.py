"""Take over journal entries written elsewhere, for example demonstration data: the same sealing and sharing."""

from collections.abc import Iterable
from uuid import UUID

from afterglow_foundation.audit import event_values
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.sealing import DataKey, DataKeyStore
from pydantic import UUID7
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.journal.content import columns_of
from afterglow_portal.journal.models import JournalEntry
from afterglow_portal.journal.schemas import EntryBody
from afterglow_portal.journal.sharing import set_shares
from afterglow_portal.models import AuditEvent
from afterglow_portal.people.care_now import waits_for
from afterglow_portal.times import Instant


class ImportedEntry(EntryBody, frozen=True):
    """An entry with the id and the time of entry it had where it comes from."""

    id: UUID7
    entered_at: Instant

    def body(self) -> EntryBody:
        return EntryBody.model_construct(**{name: getattr(self, name) for name in EntryBody.model_fields})


async def import_journal(
    database: Database, keys: DataKeyStore, client_id: UUID, entries: Iterable[ImportedEntry]
) -> int:
    """Store a client's `entries` in one transaction, and return how many of them were new.

    `database` is the app role's: the transaction acts for the client under row-level security. Ids that are there
    already stay as they are; what is for the therapist is shared with whoever treats the client now.
    """
    async with database.unit_of_work(RowContext(client_id, Role.client)) as session:
        key = await keys.find_or_make(session, client_id)
        new = [await store(session, key, entry) for entry in entries]
    keys.remember(key)
    return sum(new)


async def store(session: AsyncSession, key: DataKey, entry: ImportedEntry) -> bool:
    body = entry.body()
    values = {"client_id": key.owner, "id": entry.id, "entered_at": entry.entered_at, "version": 1}
    values["waits_for"] = await waits_for(session, key.owner, body.visibility)
    made = await session.execute(
        insert(JournalEntry)
        .values(**values, body_digest=key.digest(body.canonical()), **columns_of(body, entry.id, key))
        .on_conflict_do_nothing()
        .returning(col(JournalEntry.id))
    )
    if made.first() is None:
        return False
    await set_shares(session, key.owner, entry.id, body.visibility, shared_at=entry.entered_at)
    event = event_values(
        None, AuditAction.journal_entry_imported, object_id=entry.id, subject_id=key.owner, purpose="import"
    )
    await session.execute(insert(AuditEvent).values(**event))
    return True
