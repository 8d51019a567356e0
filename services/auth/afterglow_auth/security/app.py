"""One's own authenticator app: set it up with a picture or a key to type, or take it away."""

from http import HTTPStatus
from math import ceil
from typing import Annotated, Any
from uuid import UUID

from afterglow_design.languages import lazy
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from starlette.responses import Response

from afterglow_auth.audit import Verb
from afterglow_auth.factors import tries
from afterglow_auth.factors.standing import standing
from afterglow_auth.factors.tries import Guessed, TooSoonError
from afterglow_auth.pages import redirect
from afterglow_auth.security.removing import PasswordNotFitError, check_if_typed, page_about
from afterglow_auth.security.visits import START, Changing, Visit, submitting
from afterglow_auth.security.ways_in import judge_app
from afterglow_auth.sessions.service import show_factor
from afterglow_auth.sign_in.waiting import too_soon_words
from afterglow_auth.totp import service
from afterglow_auth.totp.qr import picture

PATH = f"{START}/app"
GROUP = 4
WRONG_CODE = lazy("That is not the code that the app shows now. Wait for the next one, then type that.")
Adding = Annotated[Visit, submitting(Verb.totp_added)]
Removing = Annotated[Visit, submitting(Verb.totp_removed)]

router = APIRouter(prefix=PATH, include_in_schema=False, dependencies=[Depends(public)])


@router.get("")
async def show(visit: Changing) -> Response:
    """A new secret; an app that is set up already goes on working until this one is confirmed."""
    return await page(visit)


@router.post("")
async def confirm(visit: Adding) -> Response:
    """Keep it, if the app shows the right code."""
    try:
        await tries.take(visit.provider, Guessed.totp, visit.person.id)
    except TooSoonError as error:
        seconds = ceil(error.wait.total_seconds())
        shown: dict[str, Any] = {"error": too_soon_words(error.wait), "retry_after": seconds}
        return await page(visit, HTTPStatus.TOO_MANY_REQUESTS, **shown)
    caller, code = visit.signed_in.caller, visit.form.get("code", "")
    async with visit.changing() as (session, person):
        confirmed = await service.confirm(session, visit.provider, person, code, caller=caller)
        if confirmed:
            await tries.clear(session, visit.provider.digests, Guessed.totp, person.id)
            await show_factor(session, visit.signed_in.session.id, "otp", "mfa")
            has = await standing(session, person)
    if not confirmed:
        return await page(visit, HTTPStatus.BAD_REQUEST, error=WRONG_CODE)
    return redirect(f"{START}?done=app" if has.codes_left else f"{START}/codes?done=app")


@router.get("/removal")
async def ask_about_removal(visit: Changing) -> Response:
    """Whether to take it away, or why it has to stay; without one, the way to setting it up."""
    async with visit.unit_of_work() as session:
        has = await standing(session, visit.person)
    return await removal_page(visit) if has.has_totp else redirect(PATH)


@router.post("/removal")
async def remove(visit: Removing) -> Response:
    """Take it away; again, it changes nothing."""
    try:
        checked = await check_if_typed(visit, Verb.totp_removed)
    except PasswordNotFitError as error:
        return await removal_page(visit, error)
    async with visit.changing() as (session, person):
        has = await standing(session, person)
        hindered = has.has_totp and judge_app(has, needs_a_factor=visit.needs_a_factor).hinders(
            password_checked=checked
        )
        if not hindered:
            await service.remove(session, person, caller=visit.signed_in.caller)
    if hindered:
        await visit.refuse(Verb.totp_removed, hindered)
        return await removal_page(visit, refused=True)
    return redirect(f"{START}?done=app_removed")


async def removal_page(visit: Visit, error: PasswordNotFitError | None = None, *, refused: bool = False) -> Response:
    async with visit.unit_of_work() as session:
        judged = judge_app(await standing(session, visit.person), needs_a_factor=visit.needs_a_factor)
    return page_about(visit, "app/removal", judged, error, refused=refused)


async def page(visit: Visit, status: int = HTTPStatus.OK, **context: Any) -> Response:  # noqa: ANN401  # a template takes values of any type
    """The picture and the key; the same as before where a form of ours brings its id back."""
    async with visit.changing() as (session, person):
        begun = await service.begin(session, visit.provider, person, again=as_id(visit.form.get("again", "")))
    key = [begun.secret[at : at + GROUP] for at in range(0, len(begun.secret), GROUP)]
    shown = {"error": None} | context
    return visit.page("app/page", status, again=begun.id, key=key, picture=picture(begun.uri), **shown)


def as_id(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None
