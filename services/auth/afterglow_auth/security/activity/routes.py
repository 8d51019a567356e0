"""What happened lately with one's own account, in plain words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from afterglow_design.languages import LazyString
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from starlette.responses import Response

from afterglow_auth.audit import AuditEvent
from afterglow_auth.security.activity.reading import read_page
from afterglow_auth.security.activity.wording import words_of
from afterglow_auth.security.visits import START, Reading, Visit

router = APIRouter(prefix=f"{START}/activity", include_in_schema=False, dependencies=[Depends(public)])


@dataclass(frozen=True, slots=True)
class Told:
    """One event as the page tells it; `here` if it happened in this browser's session."""

    at: datetime
    words: LazyString
    refused: bool
    here: bool


@router.get("")
async def show(visit: Reading, before: str = "") -> Response:
    """Fifty at a time; a cursor that is none of ours begins at the newest."""
    async with visit.unit_of_work() as session:
        found = await read_page(session, visit.person.id, cursor(before))
    return visit.page("activity/page", days=list(by_day(visit, found.events)), next=found.next, first=not before)


def cursor(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def by_day(visit: Visit, events: Sequence[AuditEvent]) -> Iterator[tuple[date, list[Told]]]:
    """Events by the days of the person's own calendar."""
    zone = ZoneInfo(visit.person.time_zone)
    for day, those in groupby(events, key=lambda event: event.at.astimezone(zone).date()):
        yield day, [tell(visit, event) for event in those]


def tell(visit: Visit, event: AuditEvent) -> Told:
    return Told(
        at=event.at,
        words=words_of(event, visit.person.id),
        refused=event.outcome == "refused",
        here=event.session_id == visit.signed_in.session.id,
    )
