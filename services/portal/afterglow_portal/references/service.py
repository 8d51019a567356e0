"""Find what the caller may open, by the same scoped selects as opening it."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from afterglow_foundation.callers import Caller
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.checkins import policy as check_ins
from afterglow_portal.checkins.models import CheckIn
from afterglow_portal.course.models import CourseSession
from afterglow_portal.course.policy import sessions_of
from afterglow_portal.journal import policy as journal
from afterglow_portal.journal.models import JournalEntry
from afterglow_portal.references.schemas import Kind, Opening, Reference


async def openable(session: AsyncSession, caller: Caller, client: UUID, asked: Sequence[Reference]) -> list[Opening]:
    """Those that the caller may open now, each once, by kind and id."""
    found: list[Opening] = []
    for kind in sorted({one.kind for one in asked}):
        ids = {one.id for one in asked if one.kind == kind}
        found += [Opening(kind=kind, id=id_, day=day) for id_, day in await days_of(session, caller, client, kind, ids)]
    return found


async def days_of(
    session: AsyncSession, caller: Caller, client: UUID, kind: Kind, ids: set[UUID]
) -> list[tuple[UUID, date]]:
    if kind == "session":
        rows = sessions_of(client).where(col(CourseSession.id).in_(ids)).order_by(col(CourseSession.id))
        sessions = (await session.scalars(rows)).all()
        return [(one.id, one.planned_at.astimezone(ZoneInfo(one.time_zone)).date()) for one in sessions]
    if kind == "check_in":
        entries = check_ins.readable(caller, client).where(col(CheckIn.id).in_(ids))
        columns = entries.with_only_columns(col(CheckIn.id), col(CheckIn.local_date)).order_by(col(CheckIn.id))
    else:
        written = journal.readable(caller, client).where(col(JournalEntry.id).in_(ids))
        columns = written.with_only_columns(col(JournalEntry.id), col(JournalEntry.local_date))
        columns = columns.order_by(col(JournalEntry.id))
    return [(id_, day) for id_, day in await session.execute(columns)]
