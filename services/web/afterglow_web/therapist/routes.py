"""One client as their therapist sees them, from shared entries only."""

import asyncio
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web import drawing
from afterglow_web.emergencies.asking import BreakGlassForPerson
from afterglow_web.emergencies.records import lately, open_to
from afterglow_web.messages.unread import with_unread
from afterglow_web.pages import is_fragment, page
from afterglow_web.permissions import ReadClients
from afterglow_web.portal import PortalForPerson
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site

router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get("/clients/{client_id}")
async def client(
    *,
    request: Request,
    client_id: UUID,
    _: ReadClients,
    portal: PortalForPerson,
    emergencies: BreakGlassForPerson,
    after: str | None = None,
    until: date | None = None,
) -> Response:
    """One client: curves and entries they share, the newest or those `until` a day of theirs.

    Opening is audited by portal and shown to the client.
    """
    if is_fragment(request):
        entries = await portal.check_ins(client=client_id, after=after)
        return page(request, "therapist/client/_entries.html", entries=entries, client_id=client_id)
    record = await portal.client(client_id)  # first and alone: a client of somebody else is one refusal, not three
    curve, entries, opened = await asyncio.gather(
        portal.curve(client=client_id),
        portal.check_ins(client=client_id, after=after, until=end_of(until, record.time_zone) if until else None),
        emergencies.explained(client_id),
    )
    own = await session_of(request)
    return page(
        request,
        "therapist/client/page.html",
        record=record,
        client_id=client_id,
        balance=drawing.mood_and_energy(curve),
        strength=drawing.anxiety(curve),
        has_curve=curve.says_something,
        entries=entries,
        earlier=after is not None,
        opened=lately(opened),
        open_now=open_to(own.person_id, opened),
        zone=own.time_zone,
    )


def end_of(day: date, time_zone: str) -> datetime:
    return datetime.combine(day, time.max, ZoneInfo(time_zone))
