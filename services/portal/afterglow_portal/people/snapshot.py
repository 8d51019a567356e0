"""Take over auth's whole picture at once; what auth no longer names is disabled or ended here too."""

from datetime import datetime
from typing import Any
from uuid import UUID

from afterglow_foundation.client import ServiceClient
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.snapshots import fetch_snapshot
from pydantic import BaseModel
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.people.facts import CareRelationshipFact, PersonFact, apply_care_relationship, apply_person
from afterglow_portal.people.models import CareRelationship, PersonCopy
from afterglow_portal.settings import Settings
from afterglow_portal.times import Instant


class Snapshot(BaseModel):
    """`/internal/events/snapshot` of auth; each fact holds as of `taken_at`."""

    people: list[dict[str, Any]]
    care_relationships: list[dict[str, Any]]
    taken_at: Instant


async def refresh(settings: Settings, worker_url: str, *, auth: ServiceClient | None = None) -> None:
    """Fetch auth's snapshot as this service and apply it as `portal_worker`, in one transaction.

    `worker_url` is `postgresql+asyncpg://…`. Raises Unavailable or UpstreamProblem when auth does not give it.
    """
    snapshot = await fetch_snapshot(settings, Snapshot, auth=auth)
    database = Database.connect(worker_url, pool_size=1)
    try:
        async with database.unit_of_work(RowContext()) as session:
            await apply(session, snapshot)
    finally:
        await database.close()


async def apply(session: AsyncSession, snapshot: Snapshot) -> None:
    """Apply every fact, then close what the snapshot does not name. Applying it again changes nothing."""
    as_of = {"as_of": snapshot.taken_at}
    people = [PersonFact.model_validate(fact | as_of) for fact in snapshot.people]
    care = [CareRelationshipFact.model_validate(fact | as_of) for fact in snapshot.care_relationships]
    for person in people:
        await apply_person(session, person)
    for relationship in care:
        await apply_care_relationship(session, relationship)
    await disable_others(session, {person.id for person in people}, snapshot.taken_at)
    await end_others(session, {relationship.id for relationship in care}, snapshot.taken_at)


async def disable_others(session: AsyncSession, named: set[UUID], taken_at: datetime) -> None:
    """Nobody is deleted here: their record stays, but they cannot act."""
    person = PersonCopy
    await session.execute(
        update(person)
        .where(col(person.id).not_in(named), col(person.as_of) < taken_at, col(person.disabled_at).is_(None))
        .values(disabled_at=taken_at, as_of=taken_at)
    )


async def end_others(session: AsyncSession, named: set[UUID], taken_at: datetime) -> None:
    care = CareRelationship
    await session.execute(
        update(care)
        .where(col(care.id).not_in(named), col(care.as_of) < taken_at, col(care.ended_at).is_(None))
        .values(ended_at=taken_at, as_of=taken_at)
    )
