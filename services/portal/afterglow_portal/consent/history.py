"""Take over a standing choice made elsewhere, for example on paper or in demonstration data."""

from uuid import UUID

from afterglow_foundation.audit import event_values
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from sqlalchemy import insert

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.consent.service import choices_of, choose
from afterglow_portal.models import AuditEvent
from afterglow_portal.visibility import Visibility


async def import_choice(database: Database, client_id: UUID, *, check_ins: str, journal: str) -> bool:
    """Record the client's choices unless some were made already; return whether any was added.

    `database` is the app role's; the transaction acts for the client under row-level security.
    """
    async with database.unit_of_work(RowContext(client_id, Role.client)) as session:
        if (await choices_of(session, client_id)).chosen_at is not None:
            return False
        wanted = {"check_ins": Visibility(check_ins), "journal": Visibility(journal)}
        for choice in await choose(session, client_id, wanted):
            event = event_values(
                None, AuditAction.choice_made, object_id=choice.id, subject_id=client_id, purpose="import"
            )
            await session.execute(insert(AuditEvent).values(**event))
    return True
