"""The axis of each item, and how its numbers are said."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from afterglow_design.dates import number, signed

from afterglow_web.dose_curve.records import DoseCurve

Say = Callable[[float | None], str]


class Scale(NamedTuple):
    labels: Sequence[int]
    say: Say


BALANCE = Scale((-4, -2, 0, 2, 4), signed)
STRENGTH = Scale((0, 5, 10), number)
HOURS = Scale((0, 8, 16, 24), number)


def scale_of(curve: DoseCurve) -> Scale:
    return BALANCE if curve.lowest < 0 else HOURS if curve.highest > STRENGTH.labels[-1] else STRENGTH
