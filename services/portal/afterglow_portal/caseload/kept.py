"""Moods of thirty days as a caseload read them, kept in the process while their marks stay the same (decision 0071)."""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from starlette.requests import Request

from afterglow_portal.caseload.days import Days

MOST_CLIENTS = 2_500  # a client with an entry a day takes less than 3 KiB


class KeptDays:
    """By therapist, who last looked last; what one of them read serves nobody else, and on no other day (in UTC).

    It decides nothing: who is in care, and which mark they have, the database says anew for each page.
    """

    def __init__(self, most: int = MOST_CLIENTS) -> None:
        self._most = most
        self._kept: OrderedDict[UUID, tuple[date, Mapping[UUID, Days]]] = OrderedDict()

    def of(self, therapist: UUID, today: date) -> Mapping[UUID, Days]:
        """By client."""
        day, days = self._kept.get(therapist, (today, {}))
        return days if day == today else {}

    def keep(self, therapist: UUID, today: date, days: Mapping[UUID, Days]) -> None:
        """Instead of what was kept for this therapist: whoever left their care leaves here as well."""
        self._kept[therapist] = today, days
        self._kept.move_to_end(therapist)
        while sum(len(each) for _, each in self._kept.values()) > self._most:
            self._kept.popitem(last=False)


async def kept_days(request: Request) -> KeptDays:
    """Those of this process. Async, to stay out of the thread pool."""
    kept: KeptDays = request.app.state.kept_days
    return kept


Kept = Annotated[KeptDays, Depends(kept_days)]
