"""The whole picture for a receiver that begins: taken, and the receiver registered, while nobody can publish."""

from datetime import datetime, timedelta

from afterglow_foundation.security_events.facts import CareRelationshipFact, GrantFact, PersonFact, PracticeFact
from afterglow_foundation.security_events.polling import RevokedSession, Snapshot
from afterglow_foundation.tokens import LONGEST_LIFETIME
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.care.models import CareRelationship
from afterglow_auth.covers.models import Grant
from afterglow_auth.events.models import EventReceiver
from afterglow_auth.events.outbox import practice_fact
from afterglow_auth.events.registering import lock
from afterglow_auth.oauth.models import Authorization
from afterglow_auth.practice.models import PRACTICE, PracticeSettings
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.service import CLIENT_LONGEST

TOKENS_LIVE = timedelta(seconds=LONGEST_LIFETIME)
# Each column by name, and no entity: a thousand people need not become a thousand objects.
PEOPLE = [col(getattr(Person, name)) for name in PersonFact.model_fields if name != "as_of"]
GRANTS = [col(getattr(Grant, name)) for name in GrantFact.model_fields if name != "as_of"]
CARE = [col(getattr(CareRelationship, name)) for name in CareRelationshipFact.model_fields if name != "as_of"]


async def take(session: AsyncSession, receiver: str) -> Snapshot:
    """Register `receiver` for what happens from now on, and return what was before.

    Whoever is publishing now has committed when the lock is given to us; whoever comes later waits for our commit
    and then finds the receiver. What is registered already keeps what it still has to be told: that does no harm.
    Raises Unavailable where we do not get it soon.
    """
    now = await lock(session)
    await register(session, receiver, now)
    return Snapshot(
        taken_at=now,
        people=[PersonFact(**row._mapping, as_of=now) for row in await session.execute(select(*PEOPLE))],  # noqa: SLF001  # SQLAlchemy's public way to a mapping
        care_relationships=[
            CareRelationshipFact(**row._mapping, as_of=now)  # noqa: SLF001  # as above
            for row in await session.execute(select(*CARE))
        ],
        grants=[
            GrantFact(**row._mapping, as_of=now)  # noqa: SLF001  # as above
            for row in await session.execute(select(*GRANTS))
        ],
        revoked_sessions=await revoked_sessions(session, now),
        practice=await practice(session, now),
    )


async def register(session: AsyncSession, receiver: str, now: datetime) -> None:
    """Make a stream that tells everything, for a receiver that has made none; one that is there stays as it is."""
    stream = EventReceiver(client_id=receiver, registered_at=now, heard_at=now)
    fresh = insert(EventReceiver).values(stream.model_dump())
    await session.execute(fresh.on_conflict_do_update(index_elements=["client_id"], set_={"heard_at": now}))


async def revoked_sessions(session: AsyncSession, now: datetime) -> list[RevokedSession]:
    """Those whose tokens or whose sessions at a client may still be around somewhere, authorizations as well."""
    ended = await session.execute(
        select(col(Session.id), col(Session.person_id), col(Session.ended_at)).where(
            col(Session.ended_at) > now - CLIENT_LONGEST
        )
    )
    withdrawn = await session.execute(
        select(col(Authorization.id), col(Authorization.person_id), col(Authorization.revoked_at)).where(
            col(Authorization.revoked_at) > now - TOKENS_LIVE,
            col(Authorization.session_id).not_in(select(col(Session.id)).where(col(Session.ended_at).is_not(None))),
        )
    )
    return [
        RevokedSession(session_id=gone, person_id=person_id, revoked_at=at)
        for gone, person_id, at in (*ended, *withdrawn)
    ]


async def practice(session: AsyncSession, now: datetime) -> PracticeFact | None:
    """The settings that an admin has saved, if any."""
    row = await session.get(PracticeSettings, PRACTICE)
    return practice_fact(row, now) if row else None
