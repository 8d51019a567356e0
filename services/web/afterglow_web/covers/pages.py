"""A therapist says who stands in while they are away, and ends it, or their own standing in."""

import asyncio
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from afterglow_design.languages import _, lazy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.identifiers import new_id
from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.admin.days import WrongDayError, first_instant, last_instant
from afterglow_web.admin.wording import refusal_words
from afterglow_web.covers.asking import Covers, CoversForPerson
from afterglow_web.messages.unread import with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import OwnCover
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.session.kept_forms import known_id

PATH = "/cover"
DONE = {
    "arranged": lazy("It is arranged. Your clients and your colleague have been told by mail."),
    "ended": lazy("It is over. Everybody concerned has been told by mail."),
}
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


class AwayForm(BaseModel):
    """As typed, under an id that makes sending twice safe; the days by the therapist's own clock."""

    id: UUID
    covering: str = ""
    first_day: str = ""
    last_day: str = ""


@router.get(PATH)
async def cover(request: Request, _own: OwnCover, covers: CoversForPerson, done: str = "") -> Response:
    said = str(DONE[done]) if done in DONE else None
    return await show(request, covers, AwayForm(id=new_id()), said=said)


@router.post(PATH)
async def arrange(
    request: Request, _own: OwnCover, covers: CoversForPerson, form: Annotated[AwayForm, Form()]
) -> Response:
    """Arrange it and say so, or show the form again with what was typed."""
    zone, covering, errors = (await session_of(request)).time_zone, known_id(form.covering), {}
    if covering is None:
        errors["covering"] = _("Choose who stands in")
    starts = ends = None
    try:
        starts = first_instant(form.first_day, zone)
    except WrongDayError as error:
        errors["first_day"] = str(error)
    try:
        ends = last_instant(form.last_day, zone, after=starts)
    except WrongDayError as error:
        errors["last_day"] = str(error)
    if ends is None:
        errors.setdefault("last_day", _("Say until when"))
    if errors or covering is None or ends is None:
        return await show(request, covers, form, errors)
    try:
        await covers.arrange(form.id, covering, starts=starts, ends=ends)
    except UpstreamProblem as problem:
        if problem.upstream.code == "conflict":
            form = form.model_copy(update={"id": new_id()})
            words = _("This was sent before with other details, and that stays. Send it once more for these.")
        else:
            words = refusal_words(problem)
        return await show(request, covers, form, {"covering": words})
    return RedirectResponse(f"{PATH}?done=arranged", HTTPStatus.SEE_OTHER)


@router.post(f"{PATH}/{{cover_id}}/end")
async def end(cover_id: UUID, _own: OwnCover, covers: CoversForPerson) -> Response:
    await covers.end(cover_id)
    return RedirectResponse(f"{PATH}?done=ended", HTTPStatus.SEE_OTHER)


async def show(
    request: Request, covers: Covers, form: AwayForm, errors: dict[str, str] | None = None, *, said: str | None = None
) -> Response:
    own, found = await session_of(request), errors or {}
    standing, colleagues = await asyncio.gather(covers.own(), covers.colleagues())
    return page(
        request,
        "covers/page.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if found else HTTPStatus.OK,
        form=form,
        errors=found,
        summary=[{"href": f"#{field}", "text": text} for field, text in found.items()],
        others=[{"value": str(one.id), "label": one.name} for one in colleagues.items],
        for_me=standing.for_me(own.person_id),
        by_me=standing.by_me(own.person_id),
        said=said,
        zone=own.time_zone,
    )
