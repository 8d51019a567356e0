"""Facts about people and care as auth tells them, and how each is taken over: repeated or late, it does no harm."""

from uuid import UUID

from afterglow_foundation.callers import Role
from pydantic import AwareDatetime, BaseModel
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_messaging.people.models import CareRelationship, PersonCopy


class PersonFact(BaseModel, frozen=True):
    """Who somebody is at the instant `as_of`."""

    id: UUID
    name: str
    role: Role
    locale: str
    time_zone: str
    disabled_at: AwareDatetime | None = None
    as_of: AwareDatetime


class CareRelationshipFact(BaseModel, frozen=True):
    """Who treats whom at the instant `as_of`."""

    id: UUID
    client_id: UUID
    therapist_id: UUID
    kind: str
    started_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    as_of: AwareDatetime


async def apply_person(session: AsyncSession, fact: PersonFact) -> None:
    """Take a person's fact over, unless a newer one is already here. Runs as the worker role."""
    await upsert(session, PersonCopy, fact)


async def apply_care_relationship(session: AsyncSession, fact: CareRelationshipFact) -> None:
    """Take a relationship's fact over, unless a newer one is already here. Runs as the worker role."""
    await upsert(session, CareRelationship, fact)


async def upsert(session: AsyncSession, table: type[PersonCopy | CareRelationship], fact: BaseModel) -> None:
    values = fact.model_dump()
    statement = insert(table).values(**values)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={name: statement.excluded[name] for name in values if name != "id"},
            where=table.as_of <= statement.excluded.as_of,
        )
    )
