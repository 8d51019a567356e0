"""Take over a choice of reminders made elsewhere, for example on paper or in demonstration data."""

from uuid import UUID

from afterglow_foundation.audit import event_values
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from sqlalchemy import insert

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.models import AuditEvent
from afterglow_portal.reminders.choosing import choose, reminders_of
from afterglow_portal.reminders.schemas import RemindersBody


async def import_reminders(database: Database, client_id: UUID, wanted: RemindersBody) -> bool:
    """Keep it unless the client has chosen already; return whether it was kept.

    `database` is the app role's; the transaction acts for the client under row-level security.
    """
    async with database.unit_of_work(RowContext(client_id, Role.client)) as session:
        if (await reminders_of(session, client_id)).chosen:
            return False
        await choose(session, client_id, wanted)
        event = event_values(
            None, AuditAction.reminders_chosen, object_id=client_id, subject_id=client_id, purpose="import"
        )
        await session.execute(insert(AuditEvent).values(**event))
    return True
