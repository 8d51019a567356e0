"""Browser sessions: how one starts, is found, and ends together with all that was built on it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from afterglow_foundation.callers import Caller, Role
from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.oauth.models import Authorization
from afterglow_auth.sessions.models import Session

PASSWORD_ACR = "urn:afterglow:acr:password"  # noqa: S105  # a name
TOKEN_LIFETIME = timedelta(minutes=5)  # between two refreshes nothing is heard of somebody who is there
STAFF_IDLE, STAFF_LONGEST = timedelta(minutes=15) + TOKEN_LIFETIME, timedelta(hours=12)
CLIENT_IDLE, CLIENT_LONGEST = timedelta(days=7), timedelta(days=30)
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person in a live session."""

    person: Person
    session: Session

    @property
    def caller(self) -> Caller:
        return Caller(self.person.id, Role(self.person.role), session_id=self.session.id)


def is_live(at: datetime) -> ColumnElement[bool]:
    """The condition on `sessions` under which a session counts."""
    idle = func.make_interval(0, 0, 0, 0, 0, 0, col(Session.idle_seconds))
    return col(Session.ended_at).is_(None) & (col(Session.expires_at) > at) & (col(Session.last_seen_at) + idle > at)


async def find_live(session: AsyncSession, cookie_hash: bytes) -> SignedIn | None:
    """The live session of a cookie, with its person unless disabled."""
    asked = (
        select(Person, Session)
        .join(Session, col(Session.person_id) == col(Person.id))
        .where(col(Session.cookie_hash) == cookie_hash, is_live(datetime.now(UTC)), col(Person.disabled_at).is_(None))
    )
    row = (await session.execute(asked)).one_or_none()
    return SignedIn(row[0], row[1]) if row else None


async def is_known(session: AsyncSession, cookie_hash: bytes) -> bool:
    """Whether the cookie belongs to a session, live or over; not so for one that has never signed in."""
    return bool(await session.scalar(select(exists().where(col(Session.cookie_hash) == cookie_hash))))


async def find_session(session: AsyncSession, session_id: UUID, person_id: UUID) -> Session | None:
    """A person's session, live or over."""
    asked = select(Session).where(col(Session.id) == session_id, col(Session.person_id) == person_id)
    return await session.scalar(asked)


async def touch(session: AsyncSession, signed_in: SignedIn) -> None:
    """Note that the person is there, at most once a minute."""
    now = datetime.now(UTC)
    if signed_in.session.last_seen_at < now - SEEN_EVERY:
        signed_in.session.last_seen_at = now
        await session.flush()


async def start(session: AsyncSession, person: Person, cookie_hash: bytes, before: SignedIn | None) -> SignedIn:
    """A session for somebody who has just proved who they are, under a cookie nobody has seen yet.

    Where the same person was signed in in this browser the session goes on, newly proven; anybody else's ends.
    """
    now = datetime.now(UTC)
    idle, longest = (STAFF_IDLE, STAFF_LONGEST) if person.is_staff else (CLIENT_IDLE, CLIENT_LONGEST)
    values: dict[str, Any] = {
        "cookie_hash": cookie_hash,
        "auth_time": now,
        "acr": PASSWORD_ACR,
        "amr": ["pwd"],
        "last_seen_at": now,
        "idle_seconds": int(idle.total_seconds()),
        "expires_at": now + longest,
    }
    if before and before.person.id == person.id:
        kept = before.session.sqlmodel_update(values)
        await session.flush()
        return SignedIn(person, kept)
    if before:
        await end_session(session, before.session.id)
    started = Session(person_id=person.id, **values)
    session.add(started)
    await session.flush()
    return SignedIn(person, started)


async def end_session(session: AsyncSession, session_id: UUID) -> None:
    """End a session and every refresh family that was begun in it."""
    await end_where(session, col(Session.id) == session_id, col(Authorization.session_id) == session_id)


async def end_sessions_of(session: AsyncSession, person_id: UUID) -> None:
    """End everything of one person's."""
    await end_where(session, col(Session.person_id) == person_id, col(Authorization.person_id) == person_id)


async def end_where(session: AsyncSession, these: ColumnElement[bool], theirs: ColumnElement[bool]) -> None:
    now = datetime.now(UTC)
    await session.execute(update(Session).where(these, col(Session.ended_at).is_(None)).values(ended_at=now))
    await session.execute(
        update(Authorization)
        .where(theirs, col(Authorization.revoked_at).is_(None))
        .values(revoked_at=now, revoked_because="session ended")
    )
