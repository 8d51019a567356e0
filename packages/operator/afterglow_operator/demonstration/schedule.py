"""When a client checks in: about daily, more often around a dose, sometimes not at all for days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from afterglow_operator.demonstration.chance import chance
from afterglow_operator.demonstration.moods import Course
from afterglow_operator.demonstration.people import HISTORY_DAYS, DemoPerson

PROMPTS = tuple(timedelta(hours=hours) for hours in (4, 24, 48, 72))  # after a dose, instead of the daily one
PROMPT_ANSWERED = 0.95
PROMPTED_DAYS = range(4)
TWICE_A_DAY = 0.12
LONG_GAPS = 3
BACK_DATED = 0.05


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """When it was entered, and when it was felt; both in UTC."""

    entered_at: datetime
    felt_at: datetime


def moments_of(client: DemoPerson, course: Course) -> list[Moment]:
    """All moments of the history in order of entry, those of today that are still to come included."""
    source = chance("schedule", client.name)
    felt = [*prompted(source, course), *daily(source, course)]
    return sorted(moment(source, each) for each in felt)


def prompted(source: Random, course: Course) -> Iterator[datetime]:
    for dose in course.doses:
        for wait in PROMPTS:
            late = timedelta(seconds=source.randrange(3000))
            if source.random() < PROMPT_ANSWERED:
                yield dose + wait + late


def daily(source: Random, course: Course) -> Iterator[datetime]:
    """Check-ins on ordinary days: not while prompts take their place, not in a gap, on each that is asked for."""
    prompts = {day_of(course, dose) + after for dose in course.doses for after in PROMPTED_DAYS}
    asked = {day for day in range(HISTORY_DAYS + 1) if course.is_asked_for(date_of(course, day))}
    away = long_gaps(source, prompts | asked)
    for day in range(HISTORY_DAYS + 1):
        hours = hours_of_a_day(source, course.temperament.usual_hour)
        notes_it = source.random() < course.temperament.adherence or day in asked
        if notes_it and day not in prompts | away:
            for hour in hours:
                wall = course.start + timedelta(days=day, seconds=round(hour * 3600))
                yield wall.astimezone(UTC)


def hours_of_a_day(source: Random, usual: float) -> list[float]:
    """One hour of the local day near the usual one; sometimes another, early or late."""
    hour = min(max(source.gauss(usual, 0.6), 5.5), 23.4)
    other = source.uniform(17, 22.5) if usual < 15 else source.uniform(7, 12)  # noqa: PLR2004  # the other half
    return [hour, other] if source.random() < TWICE_A_DAY else [hour]


def long_gaps(source: Random, kept: set[int]) -> set[int]:
    """Days of a few gaps of three to six days that touch none of the days `kept`."""
    away: set[int] = set()
    for _ in range(LONG_GAPS):
        length = source.randint(3, 6)
        near = kept | {day + beside for day in away for beside in range(-3, 4)}
        starts = [day for day in range(2, HISTORY_DAYS - 10) if near.isdisjoint(range(day, day + length))]
        start = source.choice(starts)
        away |= set(range(start, start + length))
    return away


def moment(source: Random, felt_at: datetime) -> Moment:
    late = timedelta(seconds=source.randrange(3 * 3600, 22 * 3600))
    return Moment(felt_at + late if source.random() < BACK_DATED else felt_at, felt_at)


def day_of(course: Course, instant: datetime) -> int:
    """The day of the history, counted from 0, on the client's calendar."""
    return (instant.astimezone(course.start.tzinfo).date() - course.start.date()).days


def date_of(course: Course, day: int) -> date:
    return course.start.date() + timedelta(days=day)
