"""Take over preferences that were said elsewhere, as demonstration data are: sealed and held as any other."""

from collections.abc import Sequence
from uuid import UUID

from afterglow_foundation.audit import event_values
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.sealing import DataKeyStore
from pydantic import UUID7
from sqlalchemy.dialects.postgresql import insert

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.models import AuditEvent
from afterglow_portal.preferences.schemas import PreferencesBody
from afterglow_portal.preferences.service import record
from afterglow_portal.times import Instant


class ImportedPreferences(PreferencesBody, frozen=True):
    """A version with the id and time it had where it comes from."""

    id: UUID7
    made_at: Instant

    def body(self) -> PreferencesBody:
        return PreferencesBody.model_construct(**{name: getattr(self, name) for name in PreferencesBody.model_fields})


async def import_preferences(
    database: Database, keys: DataKeyStore, client_id: UUID, versions: Sequence[ImportedPreferences]
) -> None:
    """Store those that are not there yet, oldest first, in one transaction that acts for the client."""
    async with database.unit_of_work(RowContext(client_id, Role.client)) as session:
        key = await keys.find_or_make(session, client_id)
        for one in versions:
            if await record(session, key, one.id, one.body(), at=one.made_at):
                event = event_values(
                    None, AuditAction.preferences_imported, object_id=one.id, subject_id=client_id, purpose="import"
                )
                await session.execute(insert(AuditEvent).values(**event))
