"""The dose curve once more, on NumPy and SciPy and from the definitions alone: nothing of portal's is imported here.

Times are whole microseconds since 1970. Whatever is not defined is NaN, so that two answers compare as arrays.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import stats

HOUR = 3_600_000_000
DAY = 24 * HOUR
EDGES = np.array([0, 8, 36, 60, 96, 144, 192, 264, 360]) * HOUR
NEAR = 1e-9
Numbers = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Noted:
    """Entries made at the time, in the order of their time."""

    at: Times
    value: Numbers

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Noted":
        return Noted(self.at[chosen], self.value[chosen])


def hours_zero(given: Times) -> Times:
    """The first administration of each dosing event."""
    rest, found = np.sort(given), []
    while rest.size:
        found.append(rest[0])
        rest = rest[np.searchsorted(rest, rest[0] + 6 * HOUR, side="right") :]
    return np.array(found, dtype=np.int64)


def means_by_day(noted: Noted, zero: int) -> tuple[Times, Numbers]:
    days, index = np.unique((noted.at - zero) // DAY, return_inverse=True)
    return days, np.bincount(index, weights=noted.value, minlength=days.size) / np.maximum(np.bincount(index), 1)


def baseline(noted: Noted, zero: int) -> Numbers:
    """Days, mean, lowest, highest, SD; all NaN of fewer than three days."""
    _, means = means_by_day(noted.where((noted.at >= zero - 168 * HOUR) & (noted.at < zero)), zero)
    if means.size < 3:
        return np.full(5, np.nan)
    return np.array([means.size, means.mean(), means.min(), means.max(), means.std(ddof=1)])


def bins(noted: Noted, zero: int, cut: int) -> Numbers:
    """The values of the eight bins."""
    seen = noted.where((noted.at >= zero) & (noted.at < cut))
    which = np.digitize(seen.at - zero, EDGES) - 1
    found = np.full(8, np.nan)
    for number in range(8):
        inside = seen.where(which == number)
        if inside.at.size:
            found[number] = inside.value.mean() if number < 4 else means_by_day(inside, zero)[1].mean()
    return found


def outcome(noted: Noted, zero: int, cut: int, before: Numbers, sign: int) -> tuple[str, float]:
    """The answer and its day; "" where nothing is asked."""
    if sign == 0 or not before[0] >= 5:
        return "", np.nan
    days, means = means_by_day(noted.where((noted.at >= zero) & (noted.at < cut)), zero)
    line = np.full(int(days.max(initial=0)) + 3, np.nan)
    line[days] = sign * (means - before[1])
    spread = max(before[4], 0.5)

    def pairs(holds: npt.NDArray[np.bool_]) -> Times:
        return np.flatnonzero(holds[:-1] & holds[1:])

    up = pairs(line >= spread - NEAR)
    up = up[up <= 2]
    if not up.size:
        down = pairs(line <= NEAR - spread)
        return ("worse_than_before" if (down <= 2).any() else "no_clear_lift"), np.nan
    back = pairs(line <= spread / 2 + NEAR)
    back = back[back >= up[0] + 2]
    return ("returned", float(back[0])) if back.size else ("not_yet", float(days.max()))


@cache
def t_quantile(degrees: int) -> float:
    return float(stats.t.ppf(0.975, degrees))


def averages(values: Numbers) -> Numbers:
    """Doses, mean, and the interval of each column of a table of doses and bins."""
    found = np.full((8, 4), np.nan)
    for number, column in enumerate(values.T):
        some = column[~np.isnan(column)]
        found[number, 0] = some.size
        if some.size:
            found[number, 1] = some.mean()
        if some.size >= 5:
            half = t_quantile(some.size - 1) * some.std(ddof=1) / np.sqrt(some.size)
            found[number, 2:] = some.mean() - half, some.mean() + half
    return found


def survival(outcomes: list[tuple[str, float]]) -> Numbers:
    """Rows of a day and the share still lifted after it; of no row where nothing is drawn."""
    asked = [one for one in outcomes if one[0]]
    lifted = [one for one in asked if one[0] in {"returned", "not_yet"}]
    returned = [day for answer, day in lifted if answer == "returned"]
    if len(lifted) < 2 or len(lifted) / len(asked) <= 0.5 or not returned:
        return np.empty((0, 2))
    censored = [day for answer, day in lifted if answer == "not_yet"]
    curve = stats.ecdf(stats.CensoredData(uncensored=returned, right=censored)).sf
    steps = np.unique(returned)
    return np.column_stack([steps, curve.evaluate(steps)])
