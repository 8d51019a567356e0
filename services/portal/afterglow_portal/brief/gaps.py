"""Runs of days of which nothing was shared: what was kept back and what was not noted look the same here."""

from collections.abc import Collection, Iterator
from datetime import date, timedelta

from afterglow_portal.brief.schemas import Gap

SHORTEST = 3
DAY = timedelta(days=1)


def gaps(shared: Collection[date], first: date, today: date) -> Iterator[Gap]:
    """From `first` to yesterday, the oldest first: today is not over."""
    begin = first
    for day in [*sorted(one for one in set(shared) if first <= one < today), today]:
        if (day - begin).days >= SHORTEST:
            yield Gap(first=begin, last=day - DAY)
        begin = day + DAY
