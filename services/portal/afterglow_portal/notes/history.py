"""Take over summaries that were kept elsewhere, for example demonstration data: the same sealing and row security."""

from collections.abc import Sequence
from uuid import UUID

from afterglow_foundation.audit import event_values
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.sealing import DataKeyStore
from pydantic import UUID7
from sqlalchemy.dialects.postgresql import insert

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.writer import Writer
from afterglow_portal.models import AuditEvent
from afterglow_portal.notes.schemas import SummaryBody, SummaryEdit
from afterglow_portal.notes.service import edit, write
from afterglow_portal.times import Instant


class ImportedEdit(SummaryEdit, frozen=True):
    """An edit with the time it had where it comes from."""

    made_at: Instant

    def body(self) -> SummaryEdit:
        return SummaryEdit.model_construct(**{name: getattr(self, name) for name in SummaryEdit.model_fields})


class ImportedSummary(SummaryBody, frozen=True):
    """A summary with the id and times it had where it comes from: what it said first, and the edits, oldest first."""

    id: UUID7
    made_at: Instant
    edits: tuple[ImportedEdit, ...] = ()

    def body(self) -> SummaryBody:
        return SummaryBody.model_construct(**{name: getattr(self, name) for name in SummaryBody.model_fields})


async def import_summaries(
    database: Database,
    keys: DataKeyStore,
    client_id: UUID,
    therapist_id: UUID,
    summaries: Sequence[ImportedSummary],
) -> None:
    """Store those that are not there yet, in one transaction that acts for the therapist under row-level security."""
    async with database.unit_of_work(RowContext(therapist_id, Role.therapist)) as session:
        writer = Writer(session, await keys.find_or_make(session, client_id), therapist_id, client_id)
        for one in summaries:
            if await write(writer, one.id, one.body(), at=one.made_at):
                event = event_values(
                    None, AuditAction.summary_imported, object_id=one.id, subject_id=client_id, purpose="import"
                )
                await session.execute(insert(AuditEvent).values(**event))
                for change in one.edits:
                    await edit(writer, one.id, change.body(), at=change.made_at)
