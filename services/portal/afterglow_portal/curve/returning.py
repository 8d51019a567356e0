"""When a clear lift was over again, if there was one (DOMAIN §3, decision 0039). For therapists only.

Without the condition of a clear lift pure noise "returns" after 7 to 18 days.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from afterglow_portal.curve.baselines import Baseline
from afterglow_portal.curve.days import Days
from afterglow_portal.curve.items import Better

FEWEST_BASELINE_DAYS = 5
LIFT = 1.0  # of the baseline's SD
BACK = 0.5
AFTERGLOW_DAYS = 4  # the first 96 hours: two good days in any two weeks are found in most noise
TIE = 1e-9  # a mean is the same whichever of its values is added first


class Answer(StrEnum):
    no_clear_lift = "no_clear_lift"
    not_yet = "not_yet"
    returned = "returned"
    worse = "worse_than_before"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`day`: whole days from hour 0 to the day on which it had returned, or for `not_yet` to the last day observed."""

    answer: Answer
    day: int | None = None


def outcome_of(days: Days, baseline: Baseline | None, better: Better | None) -> Outcome | None:
    """What became of a dose, from the day means between it and the next one.

    None where the question has no answer: an item without a better end, or a baseline of fewer than five days.
    """
    if better is None or baseline is None or baseline.days < FEWEST_BASELINE_DAYS:
        return None
    sign = 1 if better == Better.up else -1
    gains = {day: sign * (value - baseline.mean) for day, value in days.items()}
    step = LIFT * baseline.floored_sd
    afterglow = {day: gain for day, gain in gains.items() if day < AFTERGLOW_DAYS}
    lifted = first_pair(afterglow, lambda gain: gain >= step - TIE)
    if lifted is None:
        worse = first_pair(afterglow, lambda gain: gain <= TIE - step)
        return Outcome(Answer.no_clear_lift if worse is None else Answer.worse)
    after = {day: gain for day, gain in gains.items() if day > lifted + 1}
    back = first_pair(after, lambda gain: gain <= BACK * baseline.floored_sd + TIE)
    return Outcome(Answer.not_yet, max(days)) if back is None else Outcome(Answer.returned, back)


def first_pair(gains: Days, holds: Callable[[float], bool]) -> int | None:
    """The first of two days next to each other, both observed, for which it holds. A day without entries resets."""
    return next(
        (day for day in sorted(gains) if holds(gains[day]) and day + 1 in gains and holds(gains[day + 1])), None
    )
