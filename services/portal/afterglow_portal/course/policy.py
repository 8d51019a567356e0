"""Who may write a course: whoever treats the client now, or stands in; reading is `people.policy`'s rule."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from afterglow_foundation.errors import NotFound, Refusal
from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.course.models import Administration, Course, CourseSession
from afterglow_portal.course.schemas import State

# The rule itself is the database function's: one place for this query and for row-level security.
TREATED = text("SELECT client_id FROM clients_treated() WHERE client_id = :client")


async def refuse_unless_treating(
    session: AsyncSession, client: UUID, action: StrEnum, object_id: UUID | None = None
) -> None:
    """Raise NotFound, kept as a refused `action`, for a client whom the calling therapist does not treat now.

    Whose care has ended reads for a while yet, and writes nothing more.
    """
    if await session.scalar(TREATED, {"client": client}) is None:
        raise NotFound(refusal=Refusal(action, object_id=object_id, subject_id=client))


def courses_of(client: UUID) -> Select[Course]:
    return select(Course).where(col(Course.client_id) == client)


def sessions_of(client: UUID) -> Select[CourseSession]:
    return select(CourseSession).where(col(CourseSession.client_id) == client)


def sessions_to_come(client: UUID, now: datetime) -> Select[CourseSession]:
    """What is planned for later than now, the soonest first."""
    planned = col(CourseSession.state) == State.planned, col(CourseSession.planned_at) > now
    return sessions_of(client).where(*planned).order_by(col(CourseSession.planned_at), col(CourseSession.id))


def recorded_of(client: UUID) -> Select[Administration]:
    """What the record holds of doses, also what was withdrawn since."""
    return select(Administration).where(col(Administration.client_id) == client)


def administrations_of(client: UUID) -> Select[Administration]:
    """What was given: all that counts in a figure, a rule or a reminder."""
    return recorded_of(client).where(col(Administration.withdrawn_at).is_(None))
