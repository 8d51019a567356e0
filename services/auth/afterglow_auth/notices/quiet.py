"""Quiet hours: by the clock on the wall where somebody is, also on days on which that is turned."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `begin` to before `end`, past midnight where `end` is earlier in the day."""

    begin: time
    end: time

    def over_at(self, now: datetime, zone: ZoneInfo) -> datetime:
        """`now` itself where it is not quiet, else when these hours end."""
        day = now.astimezone(zone).date()
        for first in (day - timedelta(days=1), day):
            last = first if self.begin < self.end else first + timedelta(days=1)
            end = max(moments(last, self.end, zone))
            if min(moments(first, self.begin, zone)) <= now < end:
                return end
        return now


def moments(day: date, at: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When a clock shows `at`: twice in the hour that comes twice; about one that is left out both guesses."""
    wall = datetime.combine(day, at, zone)
    return wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
