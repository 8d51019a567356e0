"""The bins after a dose: half-open, in hours of UTC from hour 0, without holes, cut at the next dose (DOMAIN §3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise

from afterglow_portal.curve.days import Entry, between, day_means, mean
from afterglow_portal.curve.doses import Dose

EDGES = (0, 8, 36, 60, 96, 144, 192, 264, 360)  # hours
BINS = tuple(pairwise(EDGES))
BY_HOURS = 96  # until here a bin is the mean of its entries, from here on that of its day means
LAST = timedelta(hours=EDGES[-1])


class Reach(StrEnum):
    """`empty`: nobody noted anything. `over`: the next dose came before this bin began."""

    reached = "reached"
    empty = "empty"
    over = "over"


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of one dose. `value` in the item's units; `cut` where the next dose came inside it."""

    reach: Reach
    value: float | None = None
    entries: int = 0
    cut: bool = False


def bins_of(dose: Dose, entries: Sequence[Entry]) -> list[Bin]:
    """Of entries made at the time, in the order of their time."""
    return [bin_of(dose, entries, *edges) for edges in BINS]


def bin_of(dose: Dose, entries: Sequence[Entry], first: int, last: int) -> Bin:
    begin, end = dose.at + timedelta(hours=first), dose.at + timedelta(hours=last)
    if dose.cut and dose.cut <= begin:
        return Bin(Reach.over)
    cut = bool(dose.cut and dose.cut < end)
    inside = between(entries, begin, dose.cut if cut else end)
    if not inside:
        return Bin(Reach.empty, cut=cut)
    values = [one.value for one in inside] if first < BY_HOURS else list(day_means(inside, dose.at).values())
    return Bin(Reach.reached, mean(values), len(inside), cut=cut)
