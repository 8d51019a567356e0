"""Facts about people and care as auth tells them, and how each is taken over: repeated or late, it does no harm."""

from typing import Any
from uuid import UUID

from afterglow_foundation.callers import Role
from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from afterglow_portal.people.models import CareRelationship, PersonCopy
from afterglow_portal.times import Instant, TimeZone


class PersonFact(BaseModel, frozen=True):
    """Who somebody is at the instant `as_of`."""

    id: UUID
    name: str
    role: Role
    locale: str
    time_zone: TimeZone
    disabled_at: Instant | None = None
    as_of: Instant


class CareRelationshipFact(BaseModel, frozen=True):
    """Who treats whom at the instant `as_of`."""

    id: UUID
    client_id: UUID
    therapist_id: UUID
    kind: str
    started_at: Instant
    ended_at: Instant | None = None
    as_of: Instant


async def apply_person(session: AsyncSession, fact: PersonFact) -> None:
    """Take a person's fact over, unless a newer one is already here."""
    await upsert(session, PersonCopy, fact.model_dump())


async def apply_care_relationship(session: AsyncSession, fact: CareRelationshipFact) -> None:
    """Take a relationship's fact over, unless a newer one is already here."""
    await upsert(session, CareRelationship, fact.model_dump())


async def upsert(session: AsyncSession, table: type[SQLModel], values: dict[str, Any]) -> None:
    columns = table.__table__.c  # type: ignore[attr-defined]  # SQLModel gives it to table=True classes only
    statement = insert(table).values(**values)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[columns.id],
            set_={name: statement.excluded[name] for name in values if name != "id"},
            where=columns.as_of <= statement.excluded.as_of,
        )
    )
