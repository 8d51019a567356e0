"""Take over what was asked elsewhere, for example demonstration data: sealed and held as any other."""

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
from afterglow_portal.long_term.schemas import LongTermBody
from afterglow_portal.long_term.service import record
from afterglow_portal.models import AuditEvent
from afterglow_portal.times import Instant


class ImportedCheck(LongTermBody, frozen=True):
    """With the id and time it had where it comes from."""

    id: UUID7
    made_at: Instant

    def body(self) -> LongTermBody:
        return LongTermBody.model_construct(**{name: getattr(self, name) for name in LongTermBody.model_fields})


async def import_long_term(
    database: Database, keys: DataKeyStore, client_id: UUID, therapist_id: UUID, checks: Sequence[ImportedCheck]
) -> None:
    """Store those that are not there yet, in the therapist's name, in one transaction."""
    async with database.unit_of_work(RowContext(therapist_id, Role.therapist)) as session:
        writer = Writer(session, await keys.find_or_make(session, client_id), therapist_id, client_id)
        for one in checks:
            if await record(writer, one.id, one.body(), at=one.made_at):
                event = event_values(
                    None, AuditAction.long_term_imported, object_id=one.id, subject_id=client_id, purpose="import"
                )
                await session.execute(insert(AuditEvent).values(**event))
