"""What happens between clients and therapists."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.identifiers import new_id
from sqlalchemy import Select, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import Verb, record
from afterglow_auth.care.models import CareRelationship


async def assign(
    session: AsyncSession,
    client_id: UUID,
    therapist_id: UUID,
    *,
    started_at: datetime | None = None,
    caller: Caller | None = None,
) -> CareRelationship:
    """Let a therapist treat a client; where they already do, that relationship is returned.

    Raises ValueError when the two are not a client and a therapist with live accounts, or when the caller
    assigns themselves.
    """
    if caller is not None and caller.id in {client_id, therapist_id}:
        raise ValueError("nobody assigns themselves")
    await check_roles(session, client_id, therapist_id)
    values = {
        "id": new_id(),
        "client_id": client_id,
        "therapist_id": therapist_id,
        "kind": "treating",
        "started_at": started_at or datetime.now(UTC),
    }
    made = await session.scalar(
        insert(CareRelationship).values(**values).on_conflict_do_nothing().returning(col(CareRelationship.id))
    )
    relationship = (await session.scalars(live_pair(client_id, therapist_id))).one()
    if made:
        await record(session, Verb.care_assigned, caller, object_id=made, subject_id=client_id)
    return relationship


def live_pair(client_id: UUID, therapist_id: UUID) -> Select[CareRelationship]:
    return select(CareRelationship).where(
        col(CareRelationship.client_id) == client_id,
        col(CareRelationship.therapist_id) == therapist_id,
        col(CareRelationship.ended_at).is_(None),
    )


async def check_roles(session: AsyncSession, client_id: UUID, therapist_id: UUID) -> None:
    asked = select(col(Person.id), col(Person.role)).where(
        col(Person.id).in_([client_id, therapist_id]), col(Person.disabled_at).is_(None)
    )
    roles = {row.id: row.role for row in await session.execute(asked)}
    if roles.get(client_id) != Role.client or roles.get(therapist_id) != Role.therapist:
        raise ValueError("care is between a client and a therapist, both with live accounts")


async def end(session: AsyncSession, relationship_id: UUID, *, caller: Caller | None = None) -> None:
    """End a relationship now; one that has ended stays as it was."""
    ended = await session.scalar(
        update(CareRelationship)
        .where(col(CareRelationship.id) == relationship_id, col(CareRelationship.ended_at).is_(None))
        .values(ended_at=datetime.now(UTC))
        .returning(col(CareRelationship.client_id))
    )
    if ended:
        await record(session, Verb.care_ended, caller, object_id=relationship_id, subject_id=ended)
