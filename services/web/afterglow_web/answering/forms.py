"""By when somebody wants to answer, as typed."""

import re

from afterglow_design.languages import lazy
from pydantic import BaseModel

from afterglow_web.typed import Typed

LONGEST = 14 * 24
HOURS = re.compile(r"[0-9]{1,3}", re.ASCII)
NO_HOURS = lazy("Enter a whole number of hours from 1 to 336, or leave it empty")


class TargetForm(BaseModel):
    hours: Typed = ""

    @property
    def wanted(self) -> int | None:
        """None for an empty field. Raises ValueError for what is no number of hours."""
        typed = self.hours.strip()
        if not typed:
            return None
        if not HOURS.fullmatch(typed) or not 1 <= int(typed) <= LONGEST:
            raise ValueError(typed)
        return int(typed)


class SettledForm(BaseModel):
    """Up to which message no answer is needed, as our own page says it."""

    sequence: int
