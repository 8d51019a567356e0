"""Which of a client's sessions is quiet now."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, exists
from sqlmodel import col

from afterglow_portal.course.models import CourseSession
from afterglow_portal.course.policy import sessions_of
from afterglow_portal.course.schemas import Kind, State
from afterglow_portal.quiet_mode.models import QuietModeLeaving

LONGEST = timedelta(hours=6)  # DOMAIN §6


def quiet_sessions(client: UUID, now: datetime) -> Select[CourseSession]:
    """Dosing sessions that are open, not for six hours yet, and not left; the one that was opened last comes first."""
    opened_at = col(CourseSession.opened_at)
    left = exists().where(
        col(QuietModeLeaving.client_id) == col(CourseSession.client_id),
        col(QuietModeLeaving.session_id) == col(CourseSession.id),
    )
    dosing = col(CourseSession.kind) == Kind.dosing, col(CourseSession.state) == State.open
    return sessions_of(client).where(*dosing, opened_at > now - LONGEST, ~left).order_by(opened_at.desc())
