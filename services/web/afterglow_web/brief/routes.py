"""A therapist reads the brief of a client before a session."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web import drawing
from afterglow_web.messages.unread import with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import ReadClients
from afterglow_web.portal import PortalForPerson
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site

router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get("/clients/{client_id}/brief")
async def brief(request: Request, client_id: UUID, _: ReadClients, portal: PortalForPerson) -> Response:
    """What changed and what to ask, on one screen. Opening is audited by portal and shown to the client."""
    found = await portal.brief(client_id)
    return page(
        request,
        "therapist/brief/page.html",
        client_id=client_id,
        brief=found,
        drawn=drawing.mood_and_energy(found.curve) if found.curve.says_something else None,
        zone=(await session_of(request)).time_zone,
        now=datetime.now(UTC),
    )
