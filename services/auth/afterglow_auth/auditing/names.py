"""Whose names stand behind ids."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.named import Named


async def names_of(session: AsyncSession, ids: Collection[UUID]) -> list[Named]:
    """Of those that there are; an id of nobody's has none."""
    people = await session.execute(select(col(Person.id), col(Person.name)).where(col(Person.id).in_(ids)))
    return [Named(id=person.id, name=person.name) for person in people]
