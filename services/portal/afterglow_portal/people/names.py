"""How people are called, as far as the caller knows them here."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.people.models import PersonCopy


async def names_of(session: AsyncSession, people: Collection[UUID]) -> Mapping[UUID, str]:
    rows = await session.execute(select(col(PersonCopy.id), col(PersonCopy.name)).where(col(PersonCopy.id).in_(people)))
    return {row.id: row.name for row in rows}
