"""What each item did: the mean of the days since a session against that of as many days before it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from afterglow_portal.brief.schemas import ItemChange, Side
from afterglow_portal.curve.days import mean
from afterglow_portal.curve.items import CORE, SCALES, Item

DECIMALS = 1
FEWEST_DAYS = 3  # as a baseline asks for (DOMAIN §3)
Days = dict[date, list[float]]


@dataclass(frozen=True, slots=True)
class Noted:
    """What one shared check-in says in numbers; it was made at the time."""

    felt_at: datetime
    local_date: date
    values: dict[str, float]


def changes(noted: Iterable[Noted], since: datetime) -> Iterator[ItemChange]:
    """The core items, and each optional one that was answered; days are the client's own."""
    before: dict[str, Days] = defaultdict(lambda: defaultdict(list))
    after: dict[str, Days] = defaultdict(lambda: defaultdict(list))
    for one in noted:
        part = after if one.felt_at >= since else before
        for name, value in one.values.items():
            part[name][one.local_date].append(value)
    for item in Item:
        if item in CORE or item in before or item in after:
            yield change_of(item, side(before[item]), side(after[item]))


def side(days: Days) -> Side | None:
    """Each day weighs as one, however many check-ins it has."""
    means: Sequence[float] = [mean(values) for values in days.values()]
    return Side(mean=round(mean(means), DECIMALS), days=len(means)) if means else None


def change_of(item: Item, before: Side | None, since: Side | None) -> ItemChange:
    enough = before is not None and since is not None and min(before.days, since.days) >= FEWEST_DAYS
    lowest, highest, better = SCALES[item]
    return ItemChange(
        item=item,
        lowest=lowest,
        highest=highest,
        better=better,
        before=before,
        since=since,
        change=round(since.mean - before.mean, DECIMALS) if enough and before and since else None,
    )
