"""How it was before: the seven days before a course, or before a dose that nothing else was close to (DOMAIN §3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import fsum, sqrt

from afterglow_portal.curve.days import Entry, between, day_means, mean
from afterglow_portal.curve.doses import Dose

BEFORE = timedelta(hours=168)
FEWEST_DAYS = 3
FAR_ENOUGH = timedelta(days=14)
SMALLEST_SD = 0.5


@dataclass(frozen=True, slots=True)
class Baseline:
    """Of day means, in the item's units: how many, their mean, lowest, highest and sample standard deviation."""

    days: int
    mean: float
    lowest: float
    highest: float
    sd: float

    @property
    def floored_sd(self) -> float:
        """Whoever moved a slider by nothing at all for a week has not become ten times as sure of every change."""
        return max(self.sd, SMALLEST_SD)


def baseline_before(zero: datetime, entries: Sequence[Entry]) -> Baseline | None:
    """The 168 hours before `zero`, of entries made at the time; None of fewer than three day means."""
    values = list(day_means(between(entries, zero - BEFORE, zero), zero).values())
    if len(values) < FEWEST_DAYS:
        return None
    middle = mean(values)
    sd = sqrt(fsum((value - middle) ** 2 for value in values) / (len(values) - 1))
    return Baseline(len(values), middle, min(values), max(values), sd)


def stands_alone(dose: Dose) -> bool:
    """The dose before it is at least 14 days away, or there is none: a week before this one is a baseline."""
    return dose.before is None or dose.at - dose.before >= FAR_ENOUGH
