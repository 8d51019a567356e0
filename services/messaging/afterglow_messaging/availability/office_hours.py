"""Office hours by the clock on the practice's wall, also on days on which that is turned, and past midnight.

What a clock shows twice counts as open until it has shown it for the second time; what it leaves out is no time at all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from afterglow_foundation.security_events.facts import TimeZone
from pydantic import BaseModel, BeforeValidator, ValidationError

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MIDNIGHT = "24:00"
DAY, A_YEAR = timedelta(days=1), timedelta(days=365)


def since_midnight(value: object) -> object:
    """`24:00` is the day's end, which `time` does not know: the time of day and whether it is of the next day."""
    return (time(), True) if value == MIDNIGHT else (value, False)


Closing = Annotated[tuple[time, bool], BeforeValidator(since_midnight)]


class Span(BaseModel, frozen=True):
    opens: time
    closes: Closing

    def on(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """When it begins and ends. What begins in an hour that is left out does so that much later."""
        at, tomorrow = self.closes
        closes = datetime.combine(day + DAY if tomorrow else day, at, zone).replace(fold=1)
        return datetime.combine(day, self.opens, zone).astimezone(UTC), closes.astimezone(UTC)


class Closure(BaseModel, frozen=True):
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether the practice is open, when it closes if it is, and when it opens next; None for not within a year."""

    open: bool
    closes_at: datetime | None
    opens_at: datetime | None


class OfficeHours(BaseModel, frozen=True):
    """As the practice's settings have them. Auth has judged them: what this version does not know is left alone."""

    time_zone: TimeZone
    week: Mapping[str, tuple[Span, ...]]
    closed: tuple[Closure, ...] = ()

    @classmethod
    def read(cls, found: object) -> Self | None:
        """None where there are none, or none that can be read: hours are never made up."""
        try:
            return cls.model_validate(found)
        except ValidationError:
            return None

    def at(self, now: datetime) -> Standing:
        today = now.astimezone(ZoneInfo(self.time_zone)).date()
        coming = (span for span in self._times_from(today - DAY) if span[1] > now)
        times = [*islice(coming, 2)]
        is_open = bool(times) and times[0][0] <= now
        closes_at = times[0][1] if is_open and times[0][1] < now + A_YEAR else None
        opens_at = next((opens for opens, _ in times[is_open:]), None)
        return Standing(is_open, closes_at, opens_at)

    def _times_from(self, first: date) -> Iterator[tuple[datetime, datetime]]:
        """In order; spans that touch are one, as those before and after midnight are."""
        begun: tuple[datetime, datetime] | None = None
        for opens, closes in self._spans_from(first):
            if begun and opens <= begun[1]:
                begun = (begun[0], max(begun[1], closes))
                continue
            if begun:
                yield begun
            begun = (opens, closes)
        if begun:
            yield begun

    def _spans_from(self, first: date) -> Iterator[tuple[datetime, datetime]]:
        zone = ZoneInfo(self.time_zone)
        for day in (first + number * DAY for number in range(A_YEAR.days + 2)):
            if any(closure.first <= day <= closure.last for closure in self.closed):
                continue
            for span in self.week.get(WEEK[day.weekday()], ()):
                opens, closes = span.on(day, zone)
                if opens < closes:
                    yield opens, closes
