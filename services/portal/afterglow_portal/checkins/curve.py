"""The curve: means by local date or by week, gaps left as gaps, back-dated check-ins apart."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import fmean
from uuid import UUID

from afterglow_foundation.callers import Caller
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_portal.checkins.policy import readable
from afterglow_portal.checkins.schemas import Curve, CurvePoint, CurveUnit, Means
from afterglow_portal.course.marks import marks_of
from afterglow_portal.people.models import PersonCopy
from afterglow_portal.raised_energy.reading import raised_if_watched
from afterglow_portal.times import earliest_of, local_date

DECIMALS = 2
MOST_DAYS = 3_653  # ten years with their leap days
MOST_POINTS = 366  # more days than these are drawn as weeks
FEWEST_DAYS = 7  # all of a first day is drawn as a week with gaps, so that it has an axis
MEASURES = ("mood", "energy", "anxiety")
Day = tuple[Means | None, Means | None]  # of check-ins made at the time, of back-dated ones


async def draw(session: AsyncSession, caller: Caller, client: UUID, days: int | None) -> Curve:
    """The last `days` days of a client up to today, by the client's own calendar; without a number all of ten years.

    More than a year is collapsed to weeks, so that the answer stays as small as a year's.
    """
    person = await session.get_one(PersonCopy, client)
    today = local_date(datetime.now(UTC), person.time_zone)
    first = today - timedelta(days=(days or MOST_DAYS) - 1)
    means = await day_means(session, caller, client, first)
    if days is None:
        first = min([*means, today - timedelta(days=FEWEST_DAYS - 1)])
    unit = CurveUnit.day if (today - first).days < MOST_POINTS else CurveUnit.week
    drawn = by_day(means, first, today) if unit == CurveUnit.day else by_week(means, first, today)
    points = [rounded(one) for one in drawn]
    marks = await marks_of(session, client, person.time_zone, points[0].date)
    raised = [] if caller.id == client else await raised_if_watched(session, client, points[0].date)
    found = {"from": points[0].date, "to": today, "time_zone": person.time_zone, "unit": unit, "points": points}
    return Curve.model_validate({**found, "marks": marks, "raised_energy": [one.date for one in raised]})


def point(day: date, then: Means | None, back_dated: Means | None) -> CurvePoint:
    return CurvePoint(date=day, **dict(then or Means()), back_dated=back_dated)


async def day_means(session: AsyncSession, caller: Caller, client: UUID, first: date) -> dict[date, Day]:
    """The means of each local date since `first` that has any."""
    day = readable(caller, client).subquery().c
    earliest = earliest_of(first)
    averages = [func.avg(day[measure]).label(measure) for measure in MEASURES]
    rows = await session.execute(
        select(day.local_date, day.back_dated, func.count().label("entries"), *averages)
        .where(day.felt_at >= earliest, day.local_date >= first)
        .group_by(day.local_date, day.back_dated)
    )
    found: dict[date, Day] = {}
    for date_, back_dated, entries, mood, energy, anxiety in rows:
        means = Means(mood=mood, energy=energy, anxiety=anxiety, entries=entries)
        then, later = found.get(date_, (None, None))
        found[date_] = (then, means) if back_dated else (means, later)
    return found


def by_day(means: Mapping[date, Day], first: date, today: date) -> Iterator[CurvePoint]:
    for number in range((today - first).days + 1):
        day = first + timedelta(days=number)
        yield point(day, *means.get(day, (None, None)))


def by_week(means: Mapping[date, Day], first: date, today: date) -> Iterator[CurvePoint]:
    """Weeks from Monday: each the mean of its day means, so that a day of many check-ins weighs as one day."""
    monday = first - timedelta(days=first.weekday())
    while monday <= today:
        week = [means[day] for number in range(7) if (day := monday + timedelta(days=number)) in means]
        later = [back_dated for _, back_dated in week if back_dated]
        yield point(monday, mean_of([then for then, _ in week if then]), mean_of(later) if later else None)
        monday += timedelta(days=7)


def mean_of(parts: Sequence[Means]) -> Means:
    values = {
        measure: [value for part in parts if (value := getattr(part, measure)) is not None] for measure in MEASURES
    }
    means = {measure: fmean(some) if some else None for measure, some in values.items()}
    return Means(**means, entries=sum(part.entries for part in parts))


def rounded(one: CurvePoint) -> CurvePoint:
    for means in filter(None, (one, one.back_dated)):
        for measure in MEASURES:
            value = getattr(means, measure)
            setattr(means, measure, None if value is None else round(value, DECIMALS))
    return one
