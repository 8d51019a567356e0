"""Kaplan-Meier: of the doses with a clear lift, which share had not returned yet, day by day.

Kaplan, Meier (1958), Nonparametric estimation from incomplete observations, J. Am. Stat. Assoc. 53, 457-481.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from afterglow_portal.curve.returning import Answer, Outcome

FEWEST_LIFTS = 2


@dataclass(frozen=True, slots=True)
class Step:
    """On this day after hour 0 so many of those still observed returned; `lifted` is the share in 0…1 after it."""

    day: int
    observed: int
    returned: int
    lifted: float


def survival(outcomes: Sequence[Outcome | None]) -> list[Step] | None:
    """A step for each day on which a dose returned; None unless at least two, and most of those asked, lifted clearly.

    A dose whose observation ends on a day was still observed on it. Of noise alone every eighth dose seems to lift.
    """
    asked = [outcome for outcome in outcomes if outcome]
    lifted = [
        (outcome.day, outcome.answer == Answer.returned)
        for outcome in asked
        if outcome.answer in {Answer.returned, Answer.not_yet} and outcome.day is not None
    ]
    if len(lifted) < FEWEST_LIFTS or 2 * len(lifted) <= len(asked):
        return None
    share, steps = 1.0, []
    for day in sorted({day for day, returned in lifted if returned}):
        observed = sum(one >= day for one, _ in lifted)
        back = sum(one == day and returned for one, returned in lifted)
        share *= 1 - back / observed
        steps.append(Step(day, observed, back, share))
    return steps
