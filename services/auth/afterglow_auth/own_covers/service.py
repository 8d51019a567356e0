"""Who could stand in."""

from uuid import UUID

from afterglow_foundation.callers import Role
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.named import Named


async def colleagues_of(session: AsyncSession, therapist: UUID) -> list[Named]:
    """The other therapists with a live account that they have taken up, by name."""
    others = select(col(Person.id), col(Person.name)).where(
        col(Person.role) == Role.therapist,
        col(Person.disabled_at).is_(None),
        col(Person.joined_at).is_not(None),
        col(Person.id) != therapist,
    )
    rows = await session.execute(others.order_by(col(Person.name), col(Person.id)))
    return [Named(id=row.id, name=row.name) for row in rows]
