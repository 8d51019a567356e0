"""/sign-in, /step-up, /callback and /sign-out."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from afterglow_foundation.callers import find_caller
from afterglow_foundation.permissions import public
from afterglow_foundation.step_up import StepUp
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.messages.unread import with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import EndSession, ProveSession
from afterglow_web.session import sign_in, sign_out, step_up
from afterglow_web.session.cookies import CookieSecret, clear_cookie, set_cookie
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.session.local_paths import local_path
from afterglow_web.session.provider import Provider
from afterglow_web.settings import Settings

NEVER_STORED = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
LONGEST_AGE = 86400
router = APIRouter(dependencies=[Depends(refuse_cross_site)])


def go(address: str) -> RedirectResponse:
    return RedirectResponse(address, status_code=303, headers=NEVER_STORED)


@router.get("/sign-in", dependencies=[Depends(public)])
async def begin_sign_in(request: Request) -> Response:
    """Send the browser to auth's own page; `next` is the page to come back to."""
    wanted = request.query_params.get("next")
    if await find_caller(request):
        return go(local_path(wanted))
    await sign_out.end_lapsed(request)
    return to_auth(request, await sign_in.begin(request, wanted))


def to_auth(request: Request, secret: CookieSecret, *, again: bool = False) -> Response:
    """Send the browser to auth with a new attempt, which its cookie names."""
    settings: Settings = request.app.state.settings
    provider: Provider = request.app.state.provider
    answer = go(provider.authorization_url(secret, again=again))
    set_cookie(answer, secret, settings, seconds=int(sign_in.ATTEMPT_LIFETIME.total_seconds()))
    return answer


@router.get("/step-up")
async def begin_step_up(
    request: Request, _: ProveSession, max_age: Annotated[int, Query(ge=0, le=LONGEST_AGE)], acr_values: str = ""
) -> Response:
    """Send somebody who is signed in to auth, to prove anew who they are; `next` is the page to come back to."""
    asked = StepUp(timedelta(seconds=max_age), tuple(acr_values.split()))
    return go(await step_up.begin(request, asked, request.query_params.get("next")))


@router.get("/callback", dependencies=[Depends(public)])
async def finish_sign_in(request: Request) -> Response:
    """Take auth's answer, to a step-up or to a sign-in.

    Somebody who is signed in already and comes back to this page just goes on. The answer to another tab's attempt
    begins a new one, once; its own code is left alone.
    """
    signed_in = await find_caller(request)
    if attempt := step_up.attempt_in(request):
        return await finish_step_up(request, attempt)
    if signed_in:
        return go("/")
    settings: Settings = request.app.state.settings
    try:
        secret, session, return_to = await sign_in.finish(request)
    except sign_in.AnotherAttempt:
        if not sign_in.may_begin_again(request):
            raise
        await sign_out.end_lapsed(request)
        return to_auth(request, await sign_in.begin_again(request), again=True)
    answer = go(return_to)
    set_cookie(answer, secret, settings, seconds=int((session.expires_at - session.created_at).total_seconds()))
    return answer


async def finish_step_up(request: Request, attempt: UUID) -> Response:
    proved = await step_up.finish(request, attempt)
    answer = go(proved.return_to)
    if proved.secret:
        set_cookie(answer, proved.secret, request.app.state.settings, seconds=proved.seconds)
    return answer


@router.get("/sign-out", dependencies=[Depends(with_unread)])
async def ask_to_end(request: Request, _: EndSession) -> Response:
    """For who comes from a page of auth, which knows nothing of what this browser has not sent yet."""
    return page(request, "sign_out/page.html")


@router.post("/sign-out")
async def end_session(request: Request, _: EndSession) -> Response:
    settings: Settings = request.app.state.settings
    answer = go(await sign_out.end(request))
    clear_cookie(answer, settings)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer
