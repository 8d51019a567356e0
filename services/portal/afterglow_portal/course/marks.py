"""Days of doses and sessions, for the curves in which they are marked."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.checkins.schemas import Mark, MarkKind
from afterglow_portal.course.models import Administration, CourseSession
from afterglow_portal.course.policy import administrations_of, sessions_of
from afterglow_portal.times import earliest_of, local_date


async def marks_of(session: AsyncSession, client: UUID, time_zone: str, first: date) -> list[Mark]:
    """Since `first`, by the client's calendar, oldest first: each day once, as a dose where there was one.

    A session counts from when it was opened; what is planned, or was cancelled, marks nothing.
    """
    earliest = earliest_of(first)
    given_at, opened_at = col(Administration.given_at), col(CourseSession.opened_at)
    given = administrations_of(client).where(given_at >= earliest).with_only_columns(given_at)
    opened = sessions_of(client).where(opened_at >= earliest).with_only_columns(opened_at)
    doses = {local_date(moment, time_zone) for moment in await session.scalars(given)}
    sessions = {local_date(moment, time_zone) for moment in await session.scalars(opened) if moment}
    return [
        Mark(date=day, kind=MarkKind.dose if day in doses else MarkKind.session)
        for day in sorted(doses | sessions)
        if day >= first
    ]
