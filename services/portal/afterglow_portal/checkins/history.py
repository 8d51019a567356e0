"""Take over check-ins made elsewhere, for example demonstration data: the same statement, sealing and audit."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from afterglow_foundation.audit import event_values
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.sealing import DataKey, DataKeyStore
from pydantic import UUID7
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.checkins.models import CheckIn
from afterglow_portal.checkins.recording import RECORD_WAITING, Arrival, parameters
from afterglow_portal.checkins.rules import broken_rules
from afterglow_portal.checkins.schemas import CheckInBody
from afterglow_portal.people.models import PersonCopy
from afterglow_portal.times import Instant


class ImportedCheckIn(CheckInBody, frozen=True):
    """A check-in with the id and the time of entry it had where it comes from."""

    id: UUID7
    entered_at: Instant

    def body(self) -> CheckInBody:
        return CheckInBody.model_construct(**{name: getattr(self, name) for name in CheckInBody.model_fields})


async def import_history(
    database: Database, keys: DataKeyStore, client_id: UUID, entries: Iterable[ImportedCheckIn]
) -> int:
    """Store a client's `entries` in one transaction, and return how many of them were new.

    `database` is the app role's: the transaction acts for the client under row-level security. Ids that are
    there already stay as they are. Raises LookupError when the client is not live here, ValueError for an entry
    that a client could not have made at its `entered_at`.
    """
    wanted = list(entries)
    refuse_impossible(wanted)
    context = RowContext(client_id, Role.client)
    # Nobody is signed in, and what was shared was shared then.
    alike: dict[str, Any] = {**context.parameters(), "rests_on": [], "shared_now": False}
    async with database.unit_of_work(context) as session:
        await refuse_unless_there(session, client_id)
        key = await keys.find_or_make(session, client_id)
        before = await count(session, client_id)
        if wanted:
            rows = [alike | parameters(arrival(entry, key), key, imported()) for entry in wanted]
            await session.execute(RECORD_WAITING, rows)
        after = await count(session, client_id)
    keys.remember(key)
    return after - before


def arrival(entry: ImportedCheckIn, key: DataKey) -> Arrival:
    """What the client's own PUT of the same body would have brought; it may be repeated later."""
    body = entry.body()
    return Arrival(entry.id, body, entry.entered_at, key.digest(body.canonical()))


def imported() -> dict[str, Any]:
    return event_values(None, AuditAction.check_in_imported, purpose="import")


def refuse_impossible(entries: list[ImportedCheckIn]) -> None:
    for entry in entries:
        if wrong := broken_rules(entry, entry.entered_at):
            raise ValueError(f"check-in {entry.id}: {wrong[0].field} {wrong[0].code}")


async def refuse_unless_there(session: AsyncSession, client_id: UUID) -> None:
    person = await session.get(PersonCopy, client_id)
    if person is None or person.role != Role.client or person.disabled_at is not None:
        raise LookupError(f"no live client {client_id} in portal; refresh the people first")


async def count(session: AsyncSession, client_id: UUID) -> int:
    number = await session.scalar(select(func.count()).where(col(CheckIn.client_id) == client_id))
    return number or 0
