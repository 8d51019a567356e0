"""`/`: what this is for somebody who is not signed in; each role's first page for everybody else."""

import asyncio
from uuid import UUID

from afterglow_design.languages import lazy
from afterglow_foundation.callers import Role, find_caller
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.client import today
from afterglow_web.client.forms import CheckInForm
from afterglow_web.client.next_steps import find_next_steps
from afterglow_web.messages.unread import count_unread
from afterglow_web.pages import page
from afterglow_web.portal import portal_of
from afterglow_web.quiet_mode import routes as quiet_page
from afterglow_web.quiet_mode.asking import quiet_now
from afterglow_web.records import wait_after_a_dose
from afterglow_web.session import kept_forms
from afterglow_web.session.authentication import lapsed_session
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.session.tokens import access_token

FIRST_PAGES = {Role.admin: "/people", Role.therapist: "/caseload"}
KEPT = lazy("What you typed is still here and not saved yet.")
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(public)])


@router.get("/")
async def first_page(request: Request, kept: kept_forms.KeptId = None, *, once_more: bool = False) -> Response:
    caller = await find_caller(request)
    if caller is None:
        return page(request, "landing/page.html", lapsed=lapsed_session(request) is not None)
    if caller.role in FIRST_PAGES:
        return RedirectResponse(FIRST_PAGES[caller.role], status_code=303)
    return await client_today(request, kept, once_more=once_more)


async def client_today(request: Request, kept: UUID | None, *, once_more: bool) -> Response:
    """Quiet mode in a dosing session, or else the check-in form with the standing choice, which is made first."""
    portal = await portal_of(request, await access_token(request))
    quiet, choices, offered, steps, _ = await asyncio.gather(
        quiet_now(request), portal.choices(), portal.vocabulary(), find_next_steps(request), count_unread(request)
    )
    if quiet and not kept:
        return await quiet_page.show(request, quiet)
    if choices.check_ins is None:
        return RedirectResponse("/welcome", status_code=303)
    if kept and (fields := await kept_forms.recall(request, kept)):
        return await today.show(request, CheckInForm.again(fields, kept=str(kept)), offered, message=str(KEPT))
    if not once_more and await today.is_enough(request, portal, choices.check_ins_a_day):
        return await today.show_enough(request, choices.check_ins_a_day, steps)
    begun = CheckInForm.empty(visibility=wait_after_a_dose(choices.check_ins, offered.shared_again_at))
    return await today.show(request, begun, offered, steps=steps)
