"""Take over a line that was pinned elsewhere, for example demonstration data: the same sealing, the same people."""

from datetime import datetime
from uuid import UUID

from afterglow_foundation.audit import event_values
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.sealing import DataKeyStore
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from afterglow_portal.agenda.models import PinnedLine
from afterglow_portal.agenda.schemas import PinBody
from afterglow_portal.agenda.service import TABLE, own_day, refuse_impossible
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.journal.content import binding
from afterglow_portal.models import AuditEvent
from afterglow_portal.people.care_now import therapists_now


async def import_line(
    database: Database, keys: DataKeyStore, client_id: UUID, line_id: UUID, body: PinBody, *, pinned_at: datetime
) -> bool:
    """Store a line of an entry that is there already, shown to whoever treats the client now; False if it was stored.

    `database` is the app role's: the transaction acts for the client. Raises NotFound for no such entry, and
    InvalidInput for words that are not in it.
    """
    async with database.unit_of_work(RowContext(client_id, Role.client)) as session:
        key = await keys.find_or_make(session, client_id)
        await refuse_impossible(session, key, client_id, body)
        made = await session.execute(
            insert(PinnedLine)
            .values(
                client_id=client_id,
                id=line_id,
                entry_id=body.entry_id,
                text=key.seal(body.text, binding(TABLE, "text", line_id, client_id)),
                body_digest=key.digest(body.canonical()),
                shown_to=[person.id for person in await therapists_now(session, client_id)],
                pinned_at=pinned_at,
                local_date=await own_day(session, client_id, pinned_at),
            )
            .on_conflict_do_nothing()
            .returning(col(PinnedLine.id))
        )
        new = made.first() is not None
        if new:
            event = event_values(
                None, AuditAction.line_pinned, object_id=line_id, subject_id=client_id, purpose="import"
            )
            await session.execute(insert(AuditEvent).values(**event))
    keys.remember(key)
    return new
