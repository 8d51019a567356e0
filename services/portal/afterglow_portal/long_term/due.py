"""When the long-term questions are due: every three months from the first dose on, as long as doses go on."""

from collections.abc import Sequence
from datetime import date, timedelta

EVERY = timedelta(days=90)
GO_ON = timedelta(days=180)  # nobody who had no dose for half a year is asked because of doses
REPEATED = 2


def due_on(dosed: Sequence[date], asked: date | None, today: date) -> date | None:
    """`dosed` are the client's own days of doses in their order, `asked` when it was asked last."""
    if len(dosed) < REPEATED or today - dosed[-1] > GO_ON:
        return None
    return max(dosed[0], asked or dosed[0]) + EVERY
