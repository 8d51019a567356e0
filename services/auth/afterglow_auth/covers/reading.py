"""Cover with the names of everybody in it."""

from uuid import UUID

from afterglow_foundation.errors import NotFound, Refusal
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.covers.models import Cover, Grant
from afterglow_auth.covers.schemas import CoverOut, CoverPage
from afterglow_auth.named import Named

Therapist, Covering, Client = aliased(Person), aliased(Person), aliased(Person)
CLIENTS = select(func.count()).where(col(Grant.cover_id) == col(Cover.id)).scalar_subquery()
WITH_NAMES = (
    select(Cover, col(Therapist.name), col(Covering.name), col(Client.name), CLIENTS)
    .join(Therapist, col(Therapist.id) == col(Cover.therapist_id))
    .join(Covering, col(Covering.id) == col(Cover.covering_id))
    .outerjoin(Client, col(Client.id) == col(Cover.client_id))
)


def as_shown(cover: Cover, therapist: str, covering: str, client: str | None, clients: int) -> CoverOut:
    return CoverOut(
        id=cover.id,
        therapist=Named(id=cover.therapist_id, name=therapist),
        covering=Named(id=cover.covering_id, name=covering),
        client=Named(id=cover.client_id, name=client) if cover.client_id and client else None,
        starts_at=cover.starts_at,
        ends_at=cover.ends_at,
        ended_at=cover.ended_at,
        clients=clients,
    )


async def find_cover(session: AsyncSession, cover_id: UUID, refusal: Refusal) -> CoverOut:
    """Raise NotFound where there is none."""
    asked = WITH_NAMES.where(col(Cover.id) == cover_id).execution_options(populate_existing=True)
    row = (await session.execute(asked)).one_or_none()
    if row is None:
        raise NotFound(refusal=refusal)
    return as_shown(*row)


async def page_of_covers(session: AsyncSession, person: UUID | None, *, after: UUID | None, limit: int) -> CoverPage:
    """Cover by id, which is by time: the newest first; only where `person` is away, covers or is covered for."""
    asked = WITH_NAMES.order_by(col(Cover.id).desc()).limit(limit + 1)
    if person:
        columns = (Cover.therapist_id, Cover.covering_id, Cover.client_id)
        asked = asked.where(or_(*(col(column) == person for column in columns)))
    if after:
        asked = asked.where(col(Cover.id) < after)
    found = [as_shown(*row) for row in await session.execute(asked)]
    return CoverPage(items=found[:limit], next=str(found[limit - 1].id) if len(found) > limit else None)
