"""A therapist looks at what a client noted around the doses of one course."""

from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.dose_curve.drawing import draw
from afterglow_web.dose_curve.wording import given_words, item_name, item_options, kind_options, outcome_words
from afterglow_web.journal.forms import number
from afterglow_web.messages.unread import with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import ReadClients
from afterglow_web.portal import PortalForPerson
from afterglow_web.session.csrf import refuse_cross_site

router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get("/clients/{client_id}/dose-curve")
async def dose_curve(
    *,
    request: Request,
    client_id: UUID,
    _: ReadClients,
    portal: PortalForPerson,
    item: str | None = None,
    like: str | None = None,
    dose: str | None = None,
) -> Response:
    """The figure of one item and of doses that are alike, or of one of them by its number.

    Looking is audited by portal and shown to the client.
    """
    record = await portal.client(client_id)  # first and alone: a client of somebody else is one refusal, not two
    curve = await portal.dose_curve(client_id, item=item, like=like)
    alone = curve.figure.of_dose(number(dose or "")) if curve.figure else None
    figure = alone or curve.figure
    return page(
        request,
        "therapist/dose_curve/page.html",
        record=record,
        client_id=client_id,
        curve=curve,
        item_name=item_name(curve.item),
        alone=alone.doses[0] if alone else None,
        drawn=draw(curve, figure, own=alone is not None) if figure else None,
        items=item_options(),
        kinds=kind_options(curve.courses, record.time_zone),
        given_words=given_words,
        outcome_words=outcome_words,
    )
