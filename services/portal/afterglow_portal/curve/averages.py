"""One bin over several doses: the unit is the dose, and an interval needs five of them (DOMAIN §3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, sqrt

from afterglow_portal.curve.days import mean
from afterglow_portal.curve.student import t_quantile

FEWEST_DOSES = 5  # with three autocorrelated points a "95 %" interval covers 43 to 93 %


@dataclass(frozen=True, slots=True)
class Average:
    """The mean of so many doses' values, in their units, and from five doses on its 95 % t-interval."""

    doses: int
    mean: float
    interval: tuple[float, float] | None


def average(values: Sequence[float]) -> Average | None:
    """Of one value per dose that reached the bin; None of no dose."""
    if not values:
        return None
    middle, number = mean(values), len(values)
    if number < FEWEST_DOSES:
        return Average(number, middle, None)
    sd = sqrt(fsum((value - middle) ** 2 for value in values) / (number - 1))
    half = t_quantile(number - 1) * sd / sqrt(number)
    return Average(number, middle, (middle - half, middle + half))
