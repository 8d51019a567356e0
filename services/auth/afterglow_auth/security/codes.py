"""One's own recovery codes: new ones, shown once, to print or to save."""

import re
from http import HTTPStatus
from typing import Annotated

from afterglow_design.languages import _
from afterglow_design.security_headers import PAGE_HEADERS
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from starlette.responses import Response

from afterglow_auth.audit import Verb
from afterglow_auth.factors.standing import Standing, standing
from afterglow_auth.pages import redirect
from afterglow_auth.recovery_codes import service
from afterglow_auth.security.visits import START, Changing, Visit, submitting

PATH = f"{START}/codes"
CODE = re.compile(r"[0-9a-z]{4}(?:-[0-9a-z]{4}){2}")
Making = Annotated[Visit, submitting(Verb.recovery_codes_made)]

router = APIRouter(prefix=PATH, include_in_schema=False, dependencies=[Depends(public)])


@router.get("")
async def show(visit: Changing, done: str = "") -> Response:
    """How many are left, and new ones."""
    return page(visit, await has(visit), done=done)


@router.post("")
async def make(visit: Making) -> Response:
    """Ten new ones; the earlier die. They stand in this answer and nowhere else."""
    async with visit.changing() as (session, person):
        now = await standing(session, person)
        digests, caller = visit.provider.digests, visit.signed_in.caller
        codes = await service.make(session, digests, person, caller=caller) if now.has_second else []
    if not codes:
        await visit.refuse(Verb.recovery_codes_made, "nothing_to_recover")
        return page(visit, now, HTTPStatus.CONFLICT)
    return visit.page("codes/made", codes=codes)


@router.post("/file")
async def save(visit: Making) -> Response:
    """The codes that the page shows, as a file: what came in goes out, and nothing but codes."""
    codes = CODE.findall(visit.form.get("codes", ""))[: service.HOW_MANY]
    lines = [_("Recovery codes of your account. Each works once."), "", *codes, ""]
    headers = {**PAGE_HEADERS, "Content-Disposition": 'attachment; filename="codes.txt"'}
    return Response("\r\n".join(lines), headers=headers, media_type="text/plain; charset=utf-8")


@router.post("/kept")
async def mark_kept(visit: Making) -> Response:
    """Their owner says that they have them."""
    async with visit.changing() as (session, person):
        await service.mark_saved(session, person.id)
    return redirect(f"{START}?done=codes")


async def has(visit: Visit) -> Standing:
    async with visit.unit_of_work() as session:
        return await standing(session, visit.person)


def page(visit: Visit, now: Standing, status: int = HTTPStatus.OK, *, done: str = "") -> Response:
    return visit.page("codes/page", status, has=now, done=done)
