"""By name, who treats a client at this moment, and who stands in for them."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Exists, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.people.models import CareRelationship, Grant, PersonCopy
from afterglow_portal.people.schemas import Named
from afterglow_portal.visibility import Visibility


async def therapists_now(session: AsyncSession, client: UUID) -> list[Named]:
    """Who treats the client today; whoever only stands in reads through the one they stand in for."""
    return await named(session, treating(client, datetime.now(UTC)))


async def waits_for(session: AsyncSession, client: UUID, visibility: Visibility) -> list[UUID] | None:
    """For whom a session will open what says `visibility`: whoever treats the client now."""
    if visibility != Visibility.next_session:
        return None
    return [person.id for person in await therapists_now(session, client)]


async def standing_in_now(session: AsyncSession, client: UUID) -> list[Named]:
    """Who reads what is shared because they stand in, and for no other reason."""
    now = datetime.now(UTC)
    cover = Grant
    covering = exists().where(
        col(cover.kind) == "cover",
        col(cover.client_id) == client,
        col(cover.therapist_id) == col(PersonCopy.id),
        col(cover.starts_at) <= now,
        col(cover.ends_at) > now,
    )
    return await named(session, covering, ~treating(client, now))


def treating(client: UUID, now: datetime) -> Exists:
    care = CareRelationship
    return exists().where(
        col(care.client_id) == client,
        col(care.therapist_id) == col(PersonCopy.id),
        col(care.started_at) <= now,
        col(care.ended_at).is_(None),
    )


async def named(session: AsyncSession, *conditions: ColumnElement[bool]) -> list[Named]:
    live = select(PersonCopy).where(*conditions, col(PersonCopy.disabled_at).is_(None))
    people = await session.scalars(live.order_by(col(PersonCopy.name), col(PersonCopy.id)))
    return [Named(id=person.id, name=person.name) for person in people]
