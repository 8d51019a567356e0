"""What was opened in an emergency is closed before its hour is over, by whoever opened it or by an admin."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import RedirectResponse, Response

from afterglow_web.emergencies.asking import BreakGlassForPerson
from afterglow_web.permissions import EndEmergencies
from afterglow_web.session.csrf import refuse_cross_site

router = APIRouter(dependencies=[Depends(refuse_cross_site)])


@router.post("/emergencies/{grant_id}/end")
async def end(grant_id: UUID, _: EndEmergencies, found: BreakGlassForPerson) -> Response:
    """End it and go to the list, which says so; one that has ended stays as it was."""
    await found.end(grant_id)
    return RedirectResponse("/emergencies?ended=true", HTTPStatus.SEE_OTHER)
