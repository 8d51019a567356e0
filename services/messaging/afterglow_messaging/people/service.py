"""Apply what auth says. Each function may run again with the same fact; they run as the worker role."""

from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_messaging.base import Base
from afterglow_messaging.people.models import CareRelationship, Person
from afterglow_messaging.people.schemas import CareRelationshipFact, PersonFact


async def apply_person(session: AsyncSession, fact: PersonFact) -> None:
    await upsert(session, Person, fact.id, fact)


async def apply_care_relationship(session: AsyncSession, fact: CareRelationshipFact) -> None:
    await upsert(session, CareRelationship, fact.id, fact)


async def upsert(session: AsyncSession, table: type[Base], key: UUID, fact: BaseModel) -> None:
    values = fact.model_dump(exclude={"id"})
    statement = insert(table).values(id=key, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
