"""Recovery codes on the way in: shown once, to print or save, and kept by whoever says that they have them."""

import re
from http import HTTPStatus
from typing import Annotated

from afterglow_design.languages import gettext as _
from afterglow_design.languages import lazy
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from starlette.responses import Response

from afterglow_auth.pages import NOT_STORED
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.recovery_codes import service as recovery_codes
from afterglow_auth.sign_in.arriving import NotProvedError
from afterglow_auth.sign_in.here import Here, at, read_form
from afterglow_auth.sign_in.stages import Step

CODES = re.compile(r"(?:[0-9a-z]{4}-){2}[0-9a-z]{4}(?: (?:[0-9a-z]{4}-){2}[0-9a-z]{4}){9}")
MISSING = lazy("Please print the codes or save them first, and then tick that you have them.")

router = APIRouter(prefix=Step.codes.path, include_in_schema=False, dependencies=[Depends(public)])
AtCodes = Annotated[Here, Depends(at(Step.codes))]


@router.get("")
async def show(here: AtCodes) -> Response:
    """What is to come; opening the page makes no codes, so that looking twice changes nothing."""
    return here.page("codes", codes=None, refused=None)


@router.post("")
async def submit(here: AtCodes) -> Response:
    """Make them and show them this once, or go on once they are kept somewhere; an empty form does neither."""
    form = await read_form(here)
    if form.get("make") == "yes":
        async with here.entering() as (session, way):
            codes = await recovery_codes.make(session, here.provider.digests, way.person)
        return here.page("codes", codes=codes, refused=None)
    shown = form.get("codes", "")
    if form.get("saved") != "yes":
        return again(here, shown)
    async with here.entering() as (session, way):
        if await recovery_codes.left(session, here.person.id):
            await recovery_codes.mark_saved(session, here.person.id)
            return here.led_on(await here.go_on(session, way))
    return again(here, "")


def again(here: Here, shown: str) -> Response:
    """The same codes, as the form itself brought them back: here they are kept only as digests."""
    codes = shown.split() if CODES.fullmatch(shown) else None
    return here.page(
        "codes", HTTPStatus.UNPROCESSABLE_ENTITY, codes=codes, refused=NotProvedError(MISSING, what="saved")
    )


@router.post("/text")
async def save(here: AtCodes) -> Response:
    """The codes of the page as a file."""
    form = await read_form(here)
    shown = form.get("codes", "")
    if not CODES.fullmatch(shown):
        return again(here, "")
    return as_file(here.provider, shown.split())


def as_file(provider: IdentityProvider, codes: list[str]) -> Response:
    """Codes with what they are for, as a text file to keep. Its name says nothing of the practice."""
    lines = [
        _("Recovery codes"),
        provider.settings.base_url,
        "",
        *codes,
        "",
        _("Each code works once, in place of your phone or passkey. Keep them where only you find them."),
        "",
    ]
    headers = {
        **NOT_STORED,
        "Content-Disposition": 'attachment; filename="recovery-codes.txt"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response("\r\n".join(lines), media_type="text/plain; charset=utf-8", headers=headers)
