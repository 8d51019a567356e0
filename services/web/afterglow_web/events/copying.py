"""What web does with what auth tells: it ends sessions, and takes names, zones, roles and settings over.

web keeps no people. A fact that is older than what a session knows changes nothing in it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from afterglow_foundation.security_events.copying import announce, keep_revoked, take_practice_over, upsert
from afterglow_foundation.security_events.events import EventType
from afterglow_foundation.security_events.facts import PersonFact, PracticeFact
from afterglow_foundation.security_events.polling import RevokedSession as SessionEnd
from afterglow_foundation.security_events.polling import Snapshot
from afterglow_foundation.security_events.tokens import Event
from sqlalchemy import ARRAY, ColumnElement, Uuid, all_, any_, bindparam, case, func, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_web.events.models import RevokedSession
from afterglow_web.practice.models import PracticeCopy
from afterglow_web.session.models import WebSession, now
from afterglow_web.session.store import WITHOUT_TOKENS

CLOSING = {EventType.account_disabled, EventType.account_purged}
SIGNING_IN = timedelta(minutes=1)  # a session knows what auth said that long before it was made, and perhaps no later


class SessionsCopy:
    """Applies to `web_sessions`, as the worker role; whoever is revoked is told to open streams at the commit."""

    async def apply(self, session: AsyncSession, event: Event) -> None:
        if isinstance(event.payload, PersonFact):
            await self.apply_people(session, [event.payload])
        elif isinstance(event.payload, PracticeFact):
            await upsert(session, PracticeCopy, [event.payload])
        elif event.session_id is not None:
            end = SessionEnd(session_id=event.session_id, person_id=event.subject_id, revoked_at=event.occurred_at)
            await self.apply_revoked(session, [end])
        elif event.type in CLOSING:
            await self.close(session, [event.subject_id])

    async def take_over(self, session: AsyncSession, snapshot: Snapshot) -> None:
        """Sessions of people whom it does not name end too."""
        await self.apply_people(session, snapshot.people)
        await self.apply_revoked(session, snapshot.revoked_sessions)
        await take_practice_over(session, PracticeCopy, snapshot)
        unnamed = col(WebSession.person_id) != all_(ids([person.id for person in snapshot.people]))
        await end_where(session, unnamed & (col(WebSession.created_at) < snapshot.taken_at))

    async def apply_people(self, session: AsyncSession, facts: Sequence[PersonFact]) -> None:
        for fact in facts:
            if fact.disabled_at is None:
                await take_fact_over(session, fact)
        await self.close(session, [fact.id for fact in facts if fact.disabled_at])

    async def apply_revoked(self, session: AsyncSession, ended: Sequence[SessionEnd]) -> None:
        for session_id in await keep_revoked(session, RevokedSession, ended):
            await announce(session, revoked_session=session_id)
        these = ids([one.session_id for one in ended])
        await end_where(session, col(WebSession.provider_session_id) == any_(these))

    async def close(self, session: AsyncSession, people: Sequence[UUID]) -> None:
        for person in people:
            await announce(session, revoked_person=person)
        if people:
            await end_where(session, col(WebSession.person_id) == any_(ids(people)))


async def take_fact_over(session: AsyncSession, fact: PersonFact) -> None:
    """Into every live session of the person. With another role, the next request needs another access token."""
    fresh = func.coalesce(col(WebSession.told_at), col(WebSession.created_at) - SIGNING_IN) < fact.as_of
    same_role = col(WebSession.role) == fact.role
    values: dict[str, Any] = {
        "name": fact.name,
        "time_zone": fact.time_zone,
        "locale": fact.locale,
        "role": fact.role,
        "told_at": fact.as_of,
        "access_expires_at": case((same_role, col(WebSession.access_expires_at)), else_=now()),
    }
    these = (col(WebSession.person_id) == fact.id) & col(WebSession.ended_at).is_(None) & fresh
    await session.execute(update(WebSession).where(these).values(**values).execution_options(synchronize_session=False))


async def end_where(session: AsyncSession, these: ColumnElement[bool]) -> None:
    """End live sessions and forget their tokens, as signing out does; the rows stay a day for what was typed."""
    ending = update(WebSession).where(these, col(WebSession.ended_at).is_(None))
    values = {"ended_at": now(), **WITHOUT_TOKENS}
    await session.execute(ending.values(**values).execution_options(synchronize_session=False))


def ids(values: Sequence[UUID]) -> Any:  # noqa: ANN401  # SQLAlchemy's parameters of arrays have no useful type
    return bindparam(None, list(values), ARRAY(Uuid), unique=True)
