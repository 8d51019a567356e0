"""The local copy of people, care and grants, and of sessions that are over: how events and snapshots change it.

Repeated or out of order, a fact does no harm: the newest `as_of` holds. All of it runs as the worker role.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ARRAY, Table, Uuid, all_, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from afterglow_foundation.security_events.columns import (
    CareRelationshipColumns,
    GrantColumns,
    PersonColumns,
    PracticeColumns,
    RevokedSessionColumns,
)
from afterglow_foundation.security_events.events import AuthorizationRevoked, EventType
from afterglow_foundation.security_events.facts import CareRelationshipFact, Fact, GrantFact, PersonFact, PracticeFact
from afterglow_foundation.security_events.polling import RevokedSession, Snapshot
from afterglow_foundation.security_events.tokens import Event

LIVE = "live"
"""The channel on which a service tells its own open streams to look, or to end."""


class Copy(Protocol):
    """What a receiver keeps of what it is told."""

    async def apply(self, session: AsyncSession, event: Event) -> None:
        """Take one event over; what this service has no use for is passed by."""

    async def take_over(self, session: AsyncSession, snapshot: Snapshot) -> None:
        """Take the whole picture over; what it does not name is over here too."""


@dataclass(frozen=True)
class PeopleCopy:
    """The copy that portal and messaging keep. A service that does more when care arrives says so in `care_arrived`.

    One that has no use for the practice's settings names no `practice`.
    With `announces`, whoever is revoked is told to this service's open streams when the transaction commits.
    """

    people: type[PersonColumns]
    care_relationships: type[CareRelationshipColumns]
    grants: type[GrantColumns]
    revoked_sessions: type[RevokedSessionColumns]
    practice: type[PracticeColumns] | None = None
    announces: bool = False

    async def apply(self, session: AsyncSession, event: Event) -> None:
        payload, subject = event.payload, event.subject_id
        if isinstance(payload, PersonFact):
            await self.apply_people(session, [payload])
        elif isinstance(payload, CareRelationshipFact):
            await self.apply_care(session, [payload])
        elif isinstance(payload, GrantFact):
            await self.apply_grants(session, [payload])
        elif isinstance(payload, PracticeFact):
            if self.practice:
                await upsert(session, self.practice, [payload])
        elif isinstance(payload, AuthorizationRevoked):
            await self.apply_revoked(session, [ended(event, payload.authorization_id)])
        elif event.session_id is not None:
            await self.apply_revoked(session, [ended(event, event.session_id)])
        elif event.type in {EventType.account_disabled, EventType.account_purged}:
            await self.close(session, subject, event.occurred_at)
        elif event.type == EventType.account_enabled:
            await self.change(session, subject, event.occurred_at, disabled_at=None)

    async def take_over(self, session: AsyncSession, snapshot: Snapshot) -> None:
        """Nobody is deleted: their records stay, but they cannot act. Taken over again, it changes nothing."""
        at = snapshot.taken_at
        await self.apply_people(session, snapshot.people)
        await self.apply_care(session, snapshot.care_relationships)
        await upsert(session, self.grants, snapshot.grants)
        await self.apply_revoked(session, snapshot.revoked_sessions)
        if self.practice:
            await take_practice_over(session, self.practice, snapshot)
        await end_others(session, self.people, "disabled_at", snapshot.people, at)
        await end_others(session, self.care_relationships, "ended_at", snapshot.care_relationships, at)
        await end_others(session, self.grants, "ends_at", snapshot.grants, at)

    async def apply_people(self, session: AsyncSession, facts: Sequence[PersonFact]) -> None:
        await upsert(session, self.people, facts)
        if self.announces:
            for fact in facts:
                if fact.disabled_at:
                    await announce(session, revoked_person=fact.id)

    async def apply_care(self, session: AsyncSession, facts: Sequence[CareRelationshipFact]) -> None:
        await upsert(session, self.care_relationships, facts)
        await self.care_arrived(session, facts)

    async def care_arrived(self, session: AsyncSession, facts: Sequence[CareRelationshipFact]) -> None:
        """For a service to build on: called in the transaction in which these facts were taken over."""

    async def apply_grants(self, session: AsyncSession, facts: Sequence[GrantFact]) -> None:
        await upsert(session, self.grants, facts)
        await self.grants_arrived(session, facts)

    async def grants_arrived(self, session: AsyncSession, facts: Sequence[GrantFact]) -> None:
        """The same for grants, one by one as they are told; a snapshot is no news."""

    async def apply_revoked(self, session: AsyncSession, ended: Sequence[RevokedSession]) -> None:
        fresh = await keep_revoked(session, self.revoked_sessions, ended)
        if self.announces:
            for session_id in fresh:
                await announce(session, revoked_session=session_id)

    async def close(self, session: AsyncSession, person_id: UUID, at: datetime) -> None:
        """Close an account, unless the fact that says so is here already and knows better since when."""
        await self.change(session, person_id, at, disabled_at=func.coalesce(table_of(self.people).c.disabled_at, at))
        if self.announces:
            await announce(session, revoked_person=person_id)

    async def change(self, session: AsyncSession, person_id: UUID, at: datetime, **values: Any) -> None:  # noqa: ANN401  # any column's value
        people = table_of(self.people)
        known = update(people).where(people.c.id == person_id, people.c.as_of <= at)
        await session.execute(known.values(**values, as_of=at))


def ended(event: Event, session_id: UUID) -> RevokedSession:
    return RevokedSession(session_id=session_id, person_id=event.subject_id, revoked_at=event.occurred_at)


def table_of(model: type[SQLModel]) -> Table:
    found: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel gives it to table=True classes only
    return found


async def upsert(session: AsyncSession, model: type[SQLModel], facts: Sequence[Fact]) -> None:
    """Take facts over, each unless a newer one is here. In the order of ids: two that do it at once do not block."""
    if not facts:
        return
    table = table_of(model)
    statement = insert(table)
    changed = {name: statement.excluded[name] for name in type(facts[0]).model_fields if name != "id"}
    statement = statement.on_conflict_do_update(
        index_elements=["id"], set_=changed, where=table.c.as_of <= statement.excluded.as_of
    )
    await session.execute(statement, [fact.model_dump() for fact in sorted(facts, key=lambda fact: fact.id)])


async def take_practice_over(session: AsyncSession, model: type[PracticeColumns], snapshot: Snapshot) -> None:
    """Without any settings in it, the installation's hold again."""
    if snapshot.practice:
        await upsert(session, model, [snapshot.practice])
    else:
        table = table_of(model)
        await session.execute(delete(table).where(table.c.as_of < snapshot.taken_at))


async def keep_revoked(
    session: AsyncSession, model: type[RevokedSessionColumns], ended: Sequence[RevokedSession]
) -> Sequence[UUID]:
    """Keep that sessions are over; returns those that were not known to be."""
    if not ended:
        return []
    table = table_of(model)
    statement = insert(table).on_conflict_do_nothing().returning(table.c.session_id)
    return (await session.scalars(statement, [one.model_dump() for one in ended])).all()


async def end_others(
    session: AsyncSession, model: type[SQLModel], end: str, named: Sequence[Fact], at: datetime
) -> None:
    """Set the column `end` of the rows that a snapshot does not name, unless they are newer than it or over."""
    table = table_of(model)
    ids = bindparam("ids", [fact.id for fact in named], ARRAY(Uuid))
    lasting = table.c[end].is_(None) | (table.c[end] > at)
    unnamed = update(table).where(table.c.id != all_(ids), table.c.as_of < at, lasting)
    await session.execute(unnamed.values({end: at, "as_of": at}))


async def announce(session: AsyncSession, **revoked: UUID) -> None:
    """Tell this service's open streams, once the transaction commits, that a person or a session is revoked."""
    payload = json.dumps({name: str(value) for name, value in revoked.items()})
    await session.execute(select(func.pg_notify(LIVE, payload)))
