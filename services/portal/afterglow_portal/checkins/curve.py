"""The curve: day means by local date, gaps left as gaps."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from afterglow_foundation.callers import Caller
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_portal.checkins.policy import readable
from afterglow_portal.checkins.schemas import Curve, CurveDay
from afterglow_portal.people.models import PersonCopy
from afterglow_portal.times import local_date

DECIMALS = 2
WIDEST_OFFSET = timedelta(days=2)  # a local date's instants lie within a day of its UTC date, on either side


def last_dates(to: date, days: int) -> list[date]:
    """The `days` dates that end with `to`, oldest first."""
    return [to - timedelta(days=back) for back in reversed(range(days))]


def rounded(mean: float | None) -> float | None:
    return None if mean is None else round(mean, DECIMALS)


async def draw(session: AsyncSession, caller: Caller, client: UUID, days: int) -> Curve:
    """The last `days` days of a client up to today, by the client's own calendar."""
    person = await session.get_one(PersonCopy, client)
    dates = last_dates(local_date(datetime.now(UTC), person.time_zone), days)
    means = await day_means(session, caller, client, dates[0])
    drawn = [means.get(day) or CurveDay(date=day) for day in dates]
    return Curve.model_validate({"from": dates[0], "to": dates[-1], "time_zone": person.time_zone, "days": drawn})


async def day_means(session: AsyncSession, caller: Caller, client: UUID, first: date) -> dict[date, CurveDay]:
    entries = readable(caller, client).subquery()
    earliest = datetime(first.year, first.month, first.day, tzinfo=UTC) - WIDEST_OFFSET
    day = entries.c
    rows = await session.execute(
        select(
            day.local_date,
            func.avg(day.mood).label("mood"),
            func.avg(day.energy).label("energy"),
            func.avg(day.anxiety).label("anxiety"),
            func.count().label("entries"),
        )
        .where(day.felt_at >= earliest, day.local_date >= first)
        .group_by(day.local_date)
    )
    return {
        row.local_date: CurveDay(
            date=row.local_date,
            mood=rounded(row.mood),
            energy=rounded(row.energy),
            anxiety=rounded(row.anxiety),
            entries=row.entries,
        )
        for row in rows
    }
