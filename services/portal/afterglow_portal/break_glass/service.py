"""Say why a record is opened, and read who opened it and why."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Conflict, NotFound, Refusal
from afterglow_foundation.sealing import DataKeyStore
from sqlalchemy import DateTime, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.break_glass.models import BreakGlassReason
from afterglow_portal.break_glass.schemas import EmergencyOut, ReasonBody
from afterglow_portal.course.planning import key_for
from afterglow_portal.journal.content import binding
from afterglow_portal.people.models import Grant
from afterglow_portal.people.names import names_of
from afterglow_portal.people.schemas import Named
from afterglow_portal.sealing import find_key

TABLE = "break_glass_reasons"


async def explain(
    session: AsyncSession, keys: DataKeyStore, caller: Caller, grant_id: UUID, *, client: UUID, body: ReasonBody
) -> bool:
    """Seal why, which opens the record; False if it was said before.

    Raises NotFound where the caller has no such grant now, also because it has not arrived here yet, and Conflict for
    other words under this id.
    """
    grant = await live_grant(session, grant_id, client, caller.person)
    if grant is None:
        raise NotFound(refusal=Refusal(AuditAction.break_glass_explained, grant_id, client))
    key = await key_for(keys, session, client)
    names = await names_of(session, [caller.person])
    values = {
        "client_id": client,
        "id": grant_id,
        "therapist_id": caller.person,
        "therapist_name": names.get(caller.person, ""),
        "reason_code": grant.reason_code,
        "starts_at": grant.starts_at,
        "ends_at": grant.ends_at,
        "words": key.seal(body.words, binding(TABLE, "words", grant_id, client)),
        "body_digest": key.digest(body.canonical()),
        "made_at": datetime.now(UTC),
    }
    made = await session.execute(
        insert(BreakGlassReason).values(values).on_conflict_do_nothing().returning(col(BreakGlassReason.id))
    )
    if made.first() is not None:
        return True
    said = await session.get(BreakGlassReason, (client, grant_id))
    if said is None or said.body_digest != values["body_digest"]:
        raise Conflict(refusal=Refusal(AuditAction.break_glass_explained, grant_id, client))
    return False


async def live_grant(session: AsyncSession, grant_id: UUID, client: UUID, therapist: UUID) -> Grant | None:
    """The caller's own emergency of this client that is not over."""
    now = datetime.now(UTC)
    grant: Grant | None = await session.scalar(
        select(Grant).where(
            col(Grant.id) == grant_id,
            col(Grant.kind) == "break_glass",
            col(Grant.client_id) == client,
            col(Grant.therapist_id) == therapist,
            col(Grant.starts_at) <= now,
            col(Grant.ends_at) > now,
        )
    )
    return grant


async def emergencies_of(session: AsyncSession, keys: DataKeyStore, client: UUID) -> Sequence[EmergencyOut]:
    """Every one of a client whose record the caller was found to be allowed to read. SealBrokenError as always."""
    ends_at = func.emergency_ends(col(BreakGlassReason.id), type_=DateTime(timezone=True))
    mine = select(BreakGlassReason, ends_at).where(col(BreakGlassReason.client_id) == client)
    rows = (await session.execute(mine.order_by(col(BreakGlassReason.starts_at).desc()))).all()
    key = await find_key(keys, session, client) if rows else None
    if key is None:
        return []
    return [
        EmergencyOut(
            id=row.id,
            therapist=Named(id=row.therapist_id, name=row.therapist_name),
            reason=row.reason_code,
            words=key.open(row.words, binding(TABLE, "words", row.id, client)),
            starts_at=row.starts_at,
            ends_at=ends_at or row.ends_at,
            ended_early=ends_at is not None and ends_at < row.ends_at,
        )
        for row, ends_at in rows
    ]
