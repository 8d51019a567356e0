"""Find out whether it is quiet now, and leave it."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.errors import NotFound, Refusal
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.models import CourseSession
from afterglow_portal.course.policy import sessions_of
from afterglow_portal.course.schemas import Kind, State
from afterglow_portal.course.sessions import NotOpen
from afterglow_portal.dosing_day.readiness import newest_readiness
from afterglow_portal.dosing_day.steps import Readiness
from afterglow_portal.journal.models import JournalEntry
from afterglow_portal.quiet_mode.models import QuietModeLeaving
from afterglow_portal.quiet_mode.policy import LONGEST, quiet_sessions
from afterglow_portal.quiet_mode.schemas import QuietMode, QuietSession


async def quiet_now(session: AsyncSession, client: UUID) -> QuietMode:
    found = await session.scalar(quiet_sessions(client, datetime.now(UTC)).limit(1))
    if found is None or found.opened_at is None:
        return QuietMode(session=None)
    entry = await session.get(JournalEntry, (client, found.thread)) if found.thread else None
    ready = await newest_readiness(session, client, found.id)
    return QuietMode(
        session=QuietSession(
            id=found.id,
            opened_at=found.opened_at,
            until=found.opened_at + LONGEST,
            thread=entry.id if entry else None,
            may_speak=ready is not None and Readiness.recording_agreed in ready.steps,
        )
    )


async def leave(session: AsyncSession, client: UUID, session_id: UUID) -> bool:
    """Leave the quiet mode of an open dosing session, for good. False if it was left before.

    Raises NotFound, and NotOpen for a session that is none, or over: there is nothing to leave.
    """
    row = await session.scalar(sessions_of(client).where(col(CourseSession.id) == session_id))
    if row is None:
        raise NotFound(refusal=Refusal(AuditAction.quiet_mode_left, session_id, client))
    if row.kind != Kind.dosing or row.state != State.open:
        raise NotOpen
    made = await session.execute(
        insert(QuietModeLeaving)
        .values(client_id=client, session_id=session_id, left_at=datetime.now(UTC))
        .on_conflict_do_nothing()
        .returning(col(QuietModeLeaving.session_id))
    )
    return made.first() is not None
