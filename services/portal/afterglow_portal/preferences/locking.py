"""From when a dosing session is opened until the next morning nothing is opened wider (DOMAIN §6)."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from afterglow_foundation.errors import Conflict
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.course.impairment import impaired_until
from afterglow_portal.course.models import CourseSession
from afterglow_portal.course.policy import sessions_of
from afterglow_portal.course.schemas import Kind
from afterglow_portal.people.models import PersonCopy
from afterglow_portal.times import local_date

MORNING = time(6)  # as the database's `impaired_until` has it
DAY = timedelta(days=1)


class LockedUntilMorning(Conflict):
    code = "locked_until_morning"
    title = "From a dosing session until the next morning nothing more is allowed; anything can be taken back"


def morning_after(at: datetime, time_zone: str) -> datetime:
    return datetime.combine(local_date(at, time_zone) + DAY, MORNING, ZoneInfo(time_zone)).astimezone(UTC)


async def locked_until(session: AsyncSession, client: UUID) -> datetime | None:
    """The morning until which it holds; None where no dosing session was opened, or dose given, since the last one."""
    person = await session.get_one(PersonCopy, client)
    dosing = sessions_of(client).where(col(CourseSession.kind) == Kind.dosing)
    opened_at = await session.scalar(dosing.with_only_columns(func.max(col(CourseSession.opened_at))))
    mornings = [await impaired_until(session, client), opened_at and morning_after(opened_at, person.time_zone)]
    return max((one for one in mornings if one and one > datetime.now(UTC)), default=None)
