"""The rows that a brief is made of: a handful of statements, whatever the size of the record."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from afterglow_foundation.callers import Caller
from sqlalchemy import Result, Row, and_, exists, func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.brief.changes import Noted
from afterglow_portal.brief.schemas import LastSession, ReadinessAhead, SharedCheckIns, SharedEntries, SharedEntry
from afterglow_portal.caseload.facts import LATE
from afterglow_portal.caseload.schemas import SessionAhead
from afterglow_portal.checkins.models import CheckIn, CheckInReading
from afterglow_portal.checkins.policy import readable
from afterglow_portal.course.models import Administration, CourseSession
from afterglow_portal.course.policy import administrations_of, sessions_of
from afterglow_portal.course.schemas import Kind, State
from afterglow_portal.curve.items import CORE
from afterglow_portal.dosing_day.readiness import newest_readiness
from afterglow_portal.dosing_day.steps import List, missing, required
from afterglow_portal.journal.models import JournalEntry, JournalReading, JournalShare
from afterglow_portal.journal.policy import shared

MOST_ENTRIES = 8  # on one screen
MOST_DOSES = 200
JUST_BEFORE = timedelta(minutes=1)  # a session that begins releases in the same transaction, and notes its hour last


async def last_session(session: AsyncSession, client: UUID) -> LastSession | None:
    opened_at = col(CourseSession.opened_at)
    ended = sessions_of(client).where(col(CourseSession.state) == State.ended, opened_at.is_not(None))
    found = await session.scalar(ended.order_by(opened_at.desc(), col(CourseSession.id).desc()).limit(1))
    return LastSession.model_validate(found, from_attributes=True) if found else None


async def next_session(session: AsyncSession, client: UUID, now: datetime) -> SessionAhead | None:
    """The one that is open, else the soonest that may still begin, as the caseload has it."""
    state, planned_at = col(CourseSession.state), col(CourseSession.planned_at)
    begun = and_(state == State.open, col(CourseSession.opened_at) > now - LATE)
    ahead = sessions_of(client).where(or_(begun, and_(state == State.planned, planned_at > now - LATE)))
    first = ahead.order_by(state, planned_at, col(CourseSession.id))  # "open" comes before "planned"
    found = await session.scalar(first.limit(1))
    return SessionAhead.model_validate(found, from_attributes=True) if found else None


async def readiness_ahead(session: AsyncSession, client: UUID, ahead: SessionAhead | None) -> ReadinessAhead | None:
    """The list before a dose of that session, where a step of it is not ticked."""
    if ahead is None or ahead.kind != Kind.dosing:
        return None
    found = await newest_readiness(session, client, ahead.id)
    left, steps = len(missing(List.readiness, found.steps if found else ())), len(required(List.readiness))
    if not left:
        return None
    return ReadinessAhead(ticked=steps - left, steps=steps, reasoned=bool(found and found.reasoned))


async def noted_since(session: AsyncSession, caller: Caller, client: UUID, begin: datetime) -> list[Noted]:
    """The shared check-ins since then that were made at the time."""
    columns = [col(CheckIn.felt_at), col(CheckIn.local_date), col(CheckIn.items).label("optional")]
    rows: Result[Any] = await session.execute(
        readable(caller, client)
        .where(col(CheckIn.felt_at) >= begin, ~col(CheckIn.back_dated))
        .with_only_columns(*columns, col(CheckIn.mood), col(CheckIn.energy), col(CheckIn.anxiety))
    )
    return [noted(row) for row in rows]


def noted(row: Row[Any]) -> Noted:
    core = {str(item): getattr(row, item) for item in CORE}
    values = {name: value for name, value in {**row.optional, **core}.items() if value is not None}
    return Noted(row.felt_at, row.local_date, values)


async def check_ins_since(session: AsyncSession, caller: Caller, client: UUID, since: datetime) -> SharedCheckIns:
    opened = exists().where(
        col(CheckInReading.client_id) == col(CheckIn.client_id),
        col(CheckInReading.check_in_id) == col(CheckIn.id),
        col(CheckInReading.reader_id) == caller.id,
    )
    counts = readable(caller, client).where(col(CheckIn.felt_at) >= since)
    row = await session.execute(
        counts.with_only_columns(
            func.count().label("total"),
            func.count(col(CheckIn.note)).label("with_note"),
            func.count().filter(~opened).label("unopened"),
        )
    )
    return SharedCheckIns.model_validate(row.one(), from_attributes=True)


async def entries_since(session: AsyncSession, caller: Caller, client: UUID, since: datetime) -> SharedEntries:
    """Journal entries that came to be shared since then, whenever they were written; with what the session released."""
    now_shared = exists().where(
        col(JournalShare.client_id) == col(JournalEntry.client_id),
        col(JournalShare.entry_id) == col(JournalEntry.id),
        col(JournalShare.shared_at) >= since - JUST_BEFORE,
    )
    opened = exists().where(
        col(JournalReading.client_id) == col(JournalEntry.client_id),
        col(JournalReading.entry_id) == col(JournalEntry.id),
        col(JournalReading.reader_id) == caller.id,
    )
    rows = await session.execute(
        shared(client)
        .where(now_shared)
        .with_only_columns(
            col(JournalEntry.id),
            col(JournalEntry.local_date),
            col(JournalEntry.phase),
            opened.label("opened"),
            func.count().over().label("total"),
        )
        .order_by(col(JournalEntry.felt_at).desc(), col(JournalEntry.id).desc())
        .limit(MOST_ENTRIES)
    )
    found = rows.all()
    items = [SharedEntry.model_validate(row, from_attributes=True) for row in found]
    return SharedEntries(total=found[0].total if found else 0, items=items)


async def shared_days(session: AsyncSession, caller: Caller, client: UUID, first: date) -> set[date]:
    """The client's own days since `first` of which a check-in or a journal entry is shared."""
    check_ins = readable(caller, client).where(col(CheckIn.local_date) >= first)
    entries = shared(client).where(col(JournalEntry.local_date) >= first)
    days = check_ins.with_only_columns(col(CheckIn.local_date)).union(
        entries.with_only_columns(col(JournalEntry.local_date))
    )
    return set(await session.scalars(days))


async def latest_doses(session: AsyncSession, client: UUID) -> Sequence[Administration]:
    """The newest administrations, in the order of their time."""
    newest = col(Administration.given_at).desc(), col(Administration.id).desc()
    rows = await session.scalars(administrations_of(client).order_by(*newest).limit(MOST_DOSES))
    return list(reversed(list(rows)))
