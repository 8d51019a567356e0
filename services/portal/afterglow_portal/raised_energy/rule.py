"""Which days count as raised energy, and when they are worth a question (decision 0073).

DOMAIN §2 says high energy with short sleep. How high, how short and how often is ours, and fixed.
"""

from collections.abc import Collection
from datetime import date, timedelta

HIGH = 3.0  # of -5…5, the mean of the day
# Hours, for the night before. Less than seven is too little for an adult (AASM and Sleep Research Society, 2015); an
# hour below that, so that a night somewhat short says nothing.
SHORT = 6.0
# A hypomanic episode lasts four days in a row at least (DSM-5): asked on the third, and a day without an entry among
# the four hides nothing.
FEWEST, IN_A_ROW = 3, timedelta(days=4)
TOLD = timedelta(days=7)


def is_raised(energy: float | None, sleep_hours: float | None) -> bool:
    """What was not noted is neither high nor short."""
    return energy is not None and sleep_hours is not None and energy >= HIGH and sleep_hours < SHORT


def worth_asking(raised: Collection[date], today: date) -> list[date]:
    """Those of the last seven days, in their order; none unless three of them lie within four days in a row."""
    lately = sorted({day for day in raised if today - TOLD < day <= today})
    close = any(third - first < IN_A_ROW for first, third in zip(lately, lately[FEWEST - 1 :], strict=False))
    return lately if close else []
