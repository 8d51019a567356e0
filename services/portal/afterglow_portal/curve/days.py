"""Entries, and the days that are counted from hour 0 of a dose."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from math import fsum

DAY = timedelta(days=1)
Days = dict[int, float]


@dataclass(frozen=True, slots=True)
class Entry:
    """One check-in's value of one item, in the item's units, at the UTC instant it was felt."""

    at: datetime
    value: float
    back_dated: bool = False


def between(entries: Sequence[Entry], first: datetime, last: datetime | None) -> Sequence[Entry]:
    """Those with `first` ≤ at < `last`, of entries in the order of their time; without `last` to the end."""
    begin = bisect_left(entries, first, key=when)
    return entries[begin:] if last is None else entries[begin : bisect_left(entries, last, lo=begin, key=when)]


def when(entry: Entry) -> datetime:
    return entry.at


def day_means(entries: Sequence[Entry], zero: datetime) -> Days:
    """The mean of each day that has entries, by the number of 24-hour days since `zero`, negative before it.

    Days of 24 hours of UTC, not dates of a calendar: travel and daylight saving move no entry into another bin, and
    each edge of a bin beyond 96 hours is the edge of a day. `entries` are in the order of their time.
    """
    days = groupby(entries, key=lambda entry: (entry.at - zero) // DAY)
    return {day: mean([entry.value for entry in some]) for day, some in days}


def mean(values: Sequence[float]) -> float:
    return fsum(values) / len(values)
