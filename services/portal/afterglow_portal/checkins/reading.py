"""Read check-ins: one, a page, the versions of one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.sealing import DataKeyStore
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.checkins.content import shown, shown_version
from afterglow_portal.checkins.cursor import Cursor
from afterglow_portal.checkins.models import CheckIn, CheckInVersion
from afterglow_portal.checkins.policy import readable
from afterglow_portal.checkins.schemas import CheckInOut, CheckInPage, Versions
from afterglow_portal.sealing import find_key


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is asked for: `first` ≤ felt_at < `last`, at most `limit`, after the cursor's word."""

    first: datetime | None
    last: datetime | None
    limit: int
    after: str | None


async def find_one(
    session: AsyncSession, keys: DataKeyStore, caller: Caller, client: UUID, check_in_id: UUID
) -> CheckInOut | None:
    row = await session.scalar(readable(caller, client).where(col(CheckIn.id) == check_in_id))
    return shown(row, await find_key(keys, session, client)) if row else None


async def find_page(
    session: AsyncSession, keys: DataKeyStore, caller: Caller, client: UUID, window: Window
) -> CheckInPage:
    """A page, newest first; entries of the same instant by id."""
    felt_at, check_in_id = col(CheckIn.felt_at), col(CheckIn.id)
    rows = readable(caller, client).order_by(felt_at.desc(), check_in_id.desc()).limit(window.limit + 1)
    if window.first:
        rows = rows.where(felt_at >= window.first)
    if window.last:
        rows = rows.where(felt_at < window.last)
    if window.after:
        cursor = Cursor.decode(window.after)
        rows = rows.where(tuple_(felt_at, check_in_id) < tuple_(cursor.felt_at, cursor.id))
    found = list(await session.scalars(rows))
    page = found[: window.limit]
    key = await find_key(keys, session, client)
    more = len(found) > len(page)
    return CheckInPage(
        items=[shown(row, key) for row in page],
        next=Cursor(page[-1].felt_at, page[-1].id).encode() if more else None,
    )


async def find_versions(
    session: AsyncSession, keys: DataKeyStore, caller: Caller, check_in_id: UUID
) -> Versions | None:
    """Every version of the caller's own check-in, oldest first."""
    current = await session.scalar(readable(caller, caller.person).where(col(CheckIn.id) == check_in_id))
    if current is None:
        return None
    version = CheckInVersion
    earlier = await session.scalars(
        select(version)
        .where(col(version.client_id) == caller.person, col(version.check_in_id) == check_in_id)
        .order_by(col(version.version))
    )
    key = await find_key(keys, session, caller.person)
    versions = [shown_version(row, key, current) for row in earlier]
    return Versions(items=[*versions, shown(current, key)])
