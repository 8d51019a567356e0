"""Who treats whom, with both names."""

from uuid import UUID

from afterglow_foundation.errors import NotFound, Refusal
from sqlalchemy import ColumnElement, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.care.models import CareRelationship
from afterglow_auth.care.schemas import CareOut, CarePage
from afterglow_auth.named import Named

Client, Therapist = aliased(Person), aliased(Person)
WITH_NAMES = (
    select(CareRelationship, col(Client.name), col(Therapist.name))
    .join(Client, col(Client.id) == col(CareRelationship.client_id))
    .join(Therapist, col(Therapist.id) == col(CareRelationship.therapist_id))
)


def of_person(person_id: UUID) -> ColumnElement[bool]:
    return (col(CareRelationship.client_id) == person_id) | (col(CareRelationship.therapist_id) == person_id)


def as_shown(care: CareRelationship, client: str, therapist: str) -> CareOut:
    return CareOut(
        id=care.id,
        client=Named(id=care.client_id, name=client),
        therapist=Named(id=care.therapist_id, name=therapist),
        started_at=care.started_at,
        ends_at=care.ends_at,
        ended_at=care.ended_at,
    )


async def live_care_of(session: AsyncSession, person_id: UUID) -> list[CareOut]:
    """Live relationships of a client or a therapist, the longest first."""
    asked = WITH_NAMES.where(of_person(person_id), col(CareRelationship.ended_at).is_(None))
    asked = asked.order_by(col(CareRelationship.started_at), col(CareRelationship.id))
    return [as_shown(*row) for row in await session.execute(asked)]


async def find_care(session: AsyncSession, relationship_id: UUID, refusal: Refusal) -> CareOut:
    """Raise NotFound where there is no such relationship."""
    row = (await session.execute(WITH_NAMES.where(col(CareRelationship.id) == relationship_id))).one_or_none()
    if row is None:
        raise NotFound(refusal=refusal)
    return as_shown(*row)


async def page_of_care(session: AsyncSession, person_id: UUID | None, *, after: UUID | None, limit: int) -> CarePage:
    """Relationships, ended ones too, the newest first; only one person's where `person_id` is given."""
    place = (col(CareRelationship.started_at), col(CareRelationship.id))
    asked = WITH_NAMES.order_by(place[0].desc(), place[1].desc()).limit(limit + 1)
    if person_id:
        asked = asked.where(of_person(person_id))
    if after:
        anchor = aliased(CareRelationship)
        started = select(col(anchor.started_at)).where(col(anchor.id) == after).scalar_subquery()
        asked = asked.where(tuple_(*place) < tuple_(started, literal(after)))
    found = [as_shown(*row) for row in await session.execute(asked)]
    return CarePage(items=found[:limit], next=str(found[limit - 1].id) if len(found) > limit else None)
