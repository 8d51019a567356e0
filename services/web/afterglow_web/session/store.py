"""Find, start, touch and end the sessions of browsers."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from uuid import UUID

from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import Database, RowContext
from sqlalchemy import delete, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_web.session.cookies import CookieSecret
from afterglow_web.session.models import KeptForm, SignInAttempt, StepUpAttempt, WebSession, now

# A session of auth's may end while its sign-in here is under way: then it was told before there was a row to end.
FIND = text("""
    SELECT found.*, EXISTS (SELECT FROM revoked_sessions AS ended
                            WHERE ended.session_id = found.provider_session_id) AS revoked
    FROM find_web_session(:cookie_hash) AS found
""")
ACT_FOR_COOKIE = text("SELECT set_config('app.web_session', encode(:cookie_hash, 'hex'), true)")
ANNOUNCE = text("SELECT pg_notify(:channel, :payload)")
TAKE_COOKIE = text("SELECT set_config('app.next_web_session', encode(:cookie_hash, 'hex'), true)")
CHANNEL = "live"
SEEN_EVERY = timedelta(minutes=1)
WITHOUT_TOKENS = {"access_token": None, "refresh_token": None, "id_token": None}


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """A session as a request sees it; its tokens are still sealed."""

    id: UUID
    cookie_hash: bytes
    person_id: UUID
    role: Role
    name: str
    time_zone: str
    locale: str
    provider_session_id: UUID | None
    auth_time: datetime | None
    acr: str | None
    csrf_secret: bytes
    earlier_csrf_secret: bytes | None
    access_token: bytes | None
    refresh_token: bytes | None
    id_token: bytes | None
    access_expires_at: datetime
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "role", Role(self.role))

    @property
    def row_context(self) -> RowContext:
        return RowContext(self.person_id, self.role)

    def caller(self) -> Caller:
        return Caller(
            id=self.person_id,
            role=self.role,
            session_id=self.provider_session_id,
            authenticated_at=self.auth_time,
            acr=self.acr,
        )

    def ends_at(self, idle_limit: timedelta) -> datetime:
        """When it will be over if nobody does anything."""
        return min(self.expires_at, self.last_seen_at + idle_limit)

    def is_over(self, idle_limit: timedelta) -> bool:
        """Ended, too old, or left alone for longer than `idle_limit`."""
        return self.ended_at is not None or self.ends_at(idle_limit) <= now()


COLUMNS = [column.name for column in fields(BrowserSession)]


async def find(database: Database, secret: CookieSecret) -> BrowserSession | None:
    """Return the session the cookie names, over or not. One statement: it stands before every signed-in request."""
    rows = await database.single_statement(FIND, {"cookie_hash": secret.hash})
    if not rows:
        return None
    found = BrowserSession(**{name: getattr(rows[0], name) for name in COLUMNS})
    return replace(found, ended_at=found.ended_at or now()) if rows[0].revoked else found


@asynccontextmanager
async def cookie_work(
    database: Database, cookie_hash: bytes, context: RowContext | None = None
) -> AsyncIterator[AsyncSession]:
    """A unit of work that may see the rows of one cookie, acting for nobody or for `context`."""
    async with database.unit_of_work(context or RowContext()) as work:
        await work.execute(ACT_FOR_COOKIE, {"cookie_hash": cookie_hash})
        yield work


async def touch(database: Database, session: BrowserSession) -> None:
    """Remember that the person is there, at most once a minute."""
    if session.last_seen_at + SEEN_EVERY > now():
        return
    async with cookie_work(database, session.cookie_hash, session.row_context) as work:
        await work.execute(update(WebSession).where(col(WebSession.id) == session.id).values(last_seen_at=now()))


async def rotate(work: AsyncSession, session: BrowserSession, secret: CookieSecret, values: dict[str, object]) -> bool:
    """Give a live session another cookie, and these values; False where it has another one already, or is over."""
    await work.execute(TAKE_COOKIE, {"cookie_hash": secret.hash})
    same = (col(WebSession.id) == session.id) & (col(WebSession.cookie_hash) == session.cookie_hash)
    rotating = update(WebSession).where(same, col(WebSession.ended_at).is_(None))
    rotated = await work.execute(rotating.values(cookie_hash=secret.hash, **values).returning(col(WebSession.id)))
    return rotated.scalar_one_or_none() is not None


async def end(work: AsyncSession, session: BrowserSession) -> None:
    """Close the session and forget its tokens; its live streams end. The row stays a day, for forms that come late."""
    await work.execute(
        update(WebSession).where(col(WebSession.id) == session.id).values(ended_at=now(), **WITHOUT_TOKENS)
    )
    await work.execute(ANNOUNCE, {"channel": CHANNEL, "payload": json.dumps({"revoked_session": str(session.id)})})


async def sweep(database: Database) -> None:
    """Delete what is long over; the row policies let nothing else go."""
    moment = now()
    async with database.unit_of_work(RowContext()) as work:
        await work.execute(delete(WebSession).where(col(WebSession.expires_at) < moment - timedelta(days=1)))
        await work.execute(delete(SignInAttempt).where(col(SignInAttempt.expires_at) < moment))
        await work.execute(delete(StepUpAttempt).where(col(StepUpAttempt.expires_at) < moment))
        await work.execute(delete(KeptForm).where(col(KeptForm.expires_at) < moment))
