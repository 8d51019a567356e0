"""Browser sessions: how one starts, is found, and ends together with all that was built on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from afterglow_foundation.audit import event_values
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import insert_as, values_as
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    DateTime,
    Result,
    Uuid,
    bindparam,
    delete,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import AuditEvent, Verb, record_each
from afterglow_auth.backchannel.announcing import is_awaited, sessions_ended
from afterglow_auth.events import outbox
from afterglow_auth.oauth.models import Authorization
from afterglow_auth.push.forgetting import forget_later
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.proof import BY_PASSWORD, Proof
from afterglow_auth.sign_in.models import SignInStage

TOKEN_LIFETIME = timedelta(minutes=5)  # between two refreshes nothing is heard of somebody who is there
STAFF_IDLE, STAFF_LONGEST = timedelta(minutes=15) + TOKEN_LIFETIME, timedelta(hours=12)
CLIENT_IDLE, CLIENT_LONGEST = timedelta(days=7), timedelta(days=30)
SEEN_EVERY = timedelta(minutes=1)
EXPIRED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person in a live session."""

    person: Person
    session: Session

    @classmethod
    def of(cls, found: Result[Person, Session]) -> "SignedIn | None":
        """What a statement that finds at most one found."""
        row = found.one_or_none()
        return cls(row[0], row[1]) if row else None

    @property
    def caller(self) -> Caller:
        return Caller(self.person.id, Role(self.person.role), session_id=self.session.id)


def is_live(at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """The condition on `sessions` under which a session counts."""
    idle = func.make_interval(0, 0, 0, 0, 0, 0, col(Session.idle_seconds))
    return col(Session.ended_at).is_(None) & (col(Session.expires_at) > at) & (col(Session.last_seen_at) + idle > at)


def is_over(one: Session) -> bool:
    """What `is_live` says, of a row at hand."""
    now = datetime.now(UTC)
    idle = one.last_seen_at + timedelta(seconds=one.idle_seconds)
    return one.ended_at is not None or one.expires_at <= now or idle <= now


FIND_LIVE = (
    select(Person, Session)
    .join(Session, col(Session.person_id) == col(Person.id))
    .where(
        col(Session.cookie_hash) == bindparam("cookie_hash"),
        is_live(bindparam("now", type_=DateTime(timezone=True))),
        col(Person.disabled_at).is_(None),
    )
)


async def find_live(session: AsyncSession, cookie_hash: bytes) -> SignedIn | None:
    """The live session of a cookie, with its person unless disabled."""
    return SignedIn.of(await session.execute(FIND_LIVE, {"cookie_hash": cookie_hash, "now": datetime.now(UTC)}))


async def is_known(session: AsyncSession, cookie_hash: bytes) -> bool:
    """Whether the cookie belongs to a session, live or over; not so for one that has never signed in."""
    return bool(await session.scalar(select(exists().where(col(Session.cookie_hash) == cookie_hash))))


async def find_session(session: AsyncSession, session_id: UUID, person_id: UUID) -> Session | None:
    """A person's session, live or over."""
    asked = select(Session).where(col(Session.id) == session_id, col(Session.person_id) == person_id)
    return await session.scalar(asked)


async def live_sessions(session: AsyncSession, person_id: UUID, *, after: UUID | None, limit: int) -> Sequence[Session]:
    """A person's live sessions by id, beginning after one."""
    asked = select(Session).where(col(Session.person_id) == person_id, is_live(datetime.now(UTC)))
    if after:
        asked = asked.where(col(Session.id) > after)
    return (await session.scalars(asked.order_by(col(Session.id)).limit(limit))).all()


async def touch(session: AsyncSession, signed_in: SignedIn) -> None:
    """Note that the person is there, at most once a minute."""
    now = datetime.now(UTC)
    if signed_in.session.last_seen_at < now - SEEN_EVERY:
        signed_in.session.last_seen_at = now
        await session.flush()


# One statement, and no mapper, for what took three round trips.
SEEN = (
    update(Person)
    .where(col(Person.id) == bindparam("whose", type_=Uuid))
    .values(last_sign_in_at=bindparam("now", type_=DateTime(timezone=True)))
    .cte("seen")
)
SEE = insert_as("told", AuditEvent).add_cte(SEEN)
BEGIN = insert_as("begun", Session).add_cte(SEEN, insert_as("told", AuditEvent).cte("told"))


async def start(
    session: AsyncSession,
    person: Person,
    cookie_hash: bytes,
    before: SignedIn | None,
    proof: Proof = BY_PASSWORD,
    *,
    purpose: str | None = None,
) -> SignedIn:
    """A session for somebody who has just proved who they are, under a cookie nobody has seen yet.

    Where the same person was signed in in this browser the session goes on, newly proven; anybody else's ends. The
    audit keeps the sign-in, and its `purpose`.
    """
    now = datetime.now(UTC)
    idle, longest = (STAFF_IDLE, STAFF_LONGEST) if person.is_staff else (CLIENT_IDLE, CLIENT_LONGEST)
    values: dict[str, Any] = {
        "cookie_hash": cookie_hash,
        "auth_time": now,
        "acr": proof.acr,
        "amr": list(proof.amr),
        "device": proof.device,
        "last_seen_at": now,
        "idle_seconds": int(idle.total_seconds()),
        "expires_at": now + longest,
    }
    if before and before.person.id == person.id:
        kept = SignedIn(person, before.session.sqlmodel_update(values))
        await session.flush()
        await session.execute(SEE, {"whose": person.id, "now": now, **values_as("told", sign_in_of(kept, purpose))})
        return kept
    if before:
        await end_session(session, before.session.id)
    started = SignedIn(person, Session(person_id=person.id, **values))
    begun = {"whose": person.id, "now": now, **values_as("begun", started.session.model_dump())}
    await session.execute(BEGIN, begun | values_as("told", sign_in_of(started, purpose)))
    return started


def sign_in_of(one: SignedIn, purpose: str | None) -> dict[str, Any]:
    """What the audit keeps of a sign-in."""
    return event_values(one.caller, Verb.sign_in, object_id=one.session.id, subject_id=one.person.id, purpose=purpose)


async def show_factor(session: AsyncSession, session_id: UUID, *shown: str) -> None:
    """Somebody showed in their session what they have just set up as a second factor (`amr` as in RFC 8176)."""
    mine = await session.get_one(Session, session_id)
    amr = tuple(dict.fromkeys([*mine.amr, *shown]))
    mine.sqlmodel_update({"amr": list(amr), "acr": Proof(amr).acr})
    await session.flush()


async def rekey(session: AsyncSession, cookie_hash: bytes, new_cookie_hash: bytes) -> None:
    """Let the live session of a cookie, if there is one, be that of another which nobody has seen yet."""
    mine = update(Session).where(col(Session.cookie_hash) == cookie_hash, col(Session.ended_at).is_(None))
    await session.execute(mine.values(cookie_hash=new_cookie_hash).execution_options(synchronize_session="fetch"))


async def end_session(session: AsyncSession, session_id: UUID) -> None:
    """End a session and every refresh family that was begun in it."""
    await end_where(session, col(Session.id) == session_id, col(Authorization.session_id) == session_id)


async def end_sessions_of(session: AsyncSession, person_id: UUID) -> None:
    """End everything of one person's, a sign-in that has begun too; no browser of theirs is rung at any more."""
    await session.execute(delete(SignInStage).where(col(SignInStage.person_id) == person_id))
    await forget_later(session, person_id)
    await end_where(session, col(Session.person_id) == person_id, col(Authorization.person_id) == person_id)


async def end_other_sessions(session: AsyncSession, person_id: UUID, *, keep: UUID) -> None:
    """End everything of one person's but one session and what was begun in it; whoever kept it adds it anew."""
    await forget_later(session, person_id)
    mine, theirs = col(Session.person_id) == person_id, col(Authorization.person_id) == person_id
    await end_where(session, mine & (col(Session.id) != keep), theirs & (col(Authorization.session_id) != keep))


async def end_where(session: AsyncSession, these: ColumnElement[bool], theirs: ColumnElement[bool]) -> None:
    now = datetime.now(UTC)
    ending = update(Session).where(these, col(Session.ended_at).is_(None)).values(ended_at=now)
    ended = (await session.execute(ending.returning(col(Session.id), col(Session.person_id)))).all()
    await session.execute(
        update(Authorization)
        .where(theirs, col(Authorization.revoked_at).is_(None))
        .values(revoked_at=now, revoked_because="session ended")
    )
    for one in ended:
        await outbox.sessions_revoked(session, one.person_id, [one.id])
    await sessions_ended(session, [one.id for one in ended])


async def end_expired(session: AsyncSession) -> None:
    """End sessions whose time is over and of whose end a program has to be told; the others need nobody to end them."""
    over = ~is_live(datetime.now(UTC)) & col(Session.ended_at).is_(None)
    some = select(col(Session.id), col(Session.person_id)).where(over, is_awaited())
    locked = await session.execute(some.limit(EXPIRED_AT_ONCE).with_for_update(skip_locked=True))
    ended = [(session_id, person_id) for session_id, person_id in locked]
    found = [session_id for session_id, _ in ended]
    await end_where(session, col(Session.id).in_(found), col(Authorization.session_id).in_(found))
    await record_each(session, Verb.session_ended, ended, purpose="expired")
