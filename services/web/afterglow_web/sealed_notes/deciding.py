"""An admin decides whether sealed notes are opened to somebody else. They read the ground, and no note."""

from typing import Any
from uuid import UUID

from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import NotFound, Unavailable
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.admin.records import Named
from afterglow_web.admin.rooms import room
from afterglow_web.pages import page
from afterglow_web.permissions import DecideOnSealedNotes
from afterglow_web.portal import read
from afterglow_web.practice.desk import Desk, DeskForPerson
from afterglow_web.records import ItemPage
from afterglow_web.sealed_notes.asking import SealedForPerson
from afterglow_web.sealed_notes.records import Opening, State
from afterglow_web.session.authentication import session_of
from afterglow_web.session.step_up import FreshlyProved

LIST = "/sealed-notes"
DECISION = f"{LIST}/{{opening_id}}/decision"
MOST = 30  # names in one question
router = room()


@router.get(LIST)
async def openings(
    request: Request, _: DecideOnSealedNotes, sealed: SealedForPerson, desk: DeskForPerson, done: bool = False
) -> Response:
    """What waits, and what became of the rest."""
    found = await sealed.openings()
    return await show(request, desk, "list", found, openings=found, done=done)


@router.get(DECISION, dependencies=[FreshlyProved])
async def ask_decision(
    request: Request, opening_id: UUID, _: DecideOnSealedNotes, sealed: SealedForPerson, desk: DeskForPerson
) -> Response:
    """Who asks for whose notes and why, before it is decided."""
    opening = next((one for one in await sealed.openings() if one.id == opening_id), None)
    if opening is None:
        raise NotFound
    return await show(request, desk, "decision", [opening], opening=opening, waits=opening.state == State.waiting)


@router.post(DECISION, dependencies=[FreshlyProved])
async def decide(request: Request, opening_id: UUID, _: DecideOnSealedNotes, sealed: SealedForPerson) -> Response:
    """Approve or decline; where somebody was faster, its page says how it stands."""
    approved = (await request.form()).get("approved") == "yes"
    try:
        await sealed.decide(opening_id, approved=approved)
    except UpstreamProblem as problem:
        if problem.upstream.code != "already_decided":
            raise
        return RedirectResponse(f"{LIST}/{opening_id}/decision", status_code=303)
    return RedirectResponse(f"{LIST}?done=true", status_code=303)


async def show(request: Request, desk: Desk, name: str, found: list[Opening], **context: Any) -> Response:  # noqa: ANN401  # a template takes values of any type
    own = await session_of(request)
    names = await names_of(desk, found)
    return page(request, f"sealed_notes/{name}.html", names=names, zone=own.time_zone, **context)


async def names_of(desk: Desk, found: list[Opening]) -> dict[UUID, str]:
    """By id, as far as auth answers and knows them."""
    ids = sorted({str(one) for each in found for one in (each.client_id, each.author_id, each.asked_by)})
    names: dict[UUID, str] = {}
    for start in range(0, len(ids), MOST):
        try:
            answer = await desk.ask("GET", "names", params={"id": ids[start : start + MOST]})  # type: ignore[dict-item]  # httpx repeats it
        except Unavailable:
            return names
        names |= {one.id: one.name for one in read(answer, ItemPage[Named]).items}
    return names
