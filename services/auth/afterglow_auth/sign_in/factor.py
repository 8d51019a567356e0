"""Setting a second factor up on the way in: a passkey, or an authenticator app."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from afterglow_design.languages import lazy
from afterglow_foundation.database import RowContext
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from starlette.responses import Response

from afterglow_auth import forms
from afterglow_auth.accounts.service import lock
from afterglow_auth.audit import Verb
from afterglow_auth.factors import tries
from afterglow_auth.factors.tries import Guessed, TooSoonError
from afterglow_auth.pages import refused_request
from afterglow_auth.passkeys.refusals import PasskeyRefusedError, keep_refusal
from afterglow_auth.passkeys.service import begin_registration, finish_registration
from afterglow_auth.sign_in.arriving import NotProvedError
from afterglow_auth.sign_in.here import Here, at, read_form
from afterglow_auth.sign_in.service import Outcomes
from afterglow_auth.sign_in.stages import Step, needs_factor
from afterglow_auth.totp import service as totp
from afterglow_auth.totp.qr import picture

BY_APP = "app"
MISSING = lazy("Please choose one of the ways below.")
MISSING_CODE = lazy("Please type the six digits that the app shows.")
NOT_THE_CODE = lazy("That is not the code that the app shows now. Please wait for the next one, and type it again.")
NOT_MADE = lazy("The passkey could not be made. Please try again, or use an authenticator app.")

router = APIRouter(prefix=Step.factor.path, include_in_schema=False, dependencies=[Depends(public)])
AtFactor = Annotated[Here, Depends(at(Step.factor))]


@router.get("")
async def show(here: AtFactor) -> Response:
    """Both ways; or the app's picture, where the address says so."""
    try:
        by = forms.read_query(here.request).get("with", "")
    except forms.MalformedInputError as error:
        return refused_request(here.request, here.provider, str(error))
    return await page_of_app(here) if by == BY_APP else await page(here)


@router.post("")
async def submit(here: AtFactor) -> Response:
    """A new passkey, the first code of an app, or that one would rather not; an empty form decides nothing."""
    form = await read_form(here)
    try:
        return here.led_on(await set_up(here, form))
    except NotProvedError as error:
        by_app = error.what == "code"
        return await page_of_app(here, error, form.get("again")) if by_app else await page(here, error)


async def set_up(here: Here, form: Mapping[str, str]) -> Outcomes:
    """What comes next. Raises NotProvedError."""
    if response := form.get("response"):
        return await add_passkey(here, response, form.get("name", ""))
    if "with" in form:
        return await add_app(here, form.get("code", "").strip())
    if form.get("decline") == "yes" and may_decline(here):
        async with here.entering() as (session, way):
            return await here.go_on(session, way, declined=True)
    raise NotProvedError(MISSING)


def may_decline(here: Here) -> bool:
    return not needs_factor(here.provider.settings, here.stage, here.person)


async def add_app(here: Here, code: str) -> Outcomes:
    provider, person = here.provider, here.person
    if not code:
        raise NotProvedError(MISSING_CODE, what="code")
    try:
        await tries.take(provider, Guessed.totp, person.id)
    except TooSoonError as error:
        raise NotProvedError.too_soon(error, what="code") from error
    async with here.entering() as (session, way):
        if await totp.confirm(session, provider, way.person, code):
            await tries.clear(session, provider.digests, Guessed.totp, person.id)
            return await here.go_on(session, way, "otp", "mfa")
    raise NotProvedError(NOT_THE_CODE, what="code")


async def add_passkey(here: Here, response: str, name: str) -> Outcomes:
    provider = here.provider
    try:
        async with here.entering() as (session, way):
            new = await finish_registration(session, provider, way.person, here.browser.cookie, response, name)
            return await here.go_on(session, way, *new.amr)
    except PasskeyRefusedError as refused:
        await keep_refusal(provider, refused, Verb.passkey_added, subject_id=here.person.id)
        raise NotProvedError(NOT_MADE) from refused


async def page(here: Here, refused: NotProvedError | None = None) -> Response:
    async with here.provider.database.unit_of_work(RowContext()) as session:
        options = await begin_registration(session, here.provider, here.person, here.browser.cookie)
    return here.page(
        "factor",
        refused.status if refused else HTTPStatus.OK,
        refused.headers if refused else None,
        passkey_options=options,
        may_decline=may_decline(here),
        refused=refused,
    )


async def page_of_app(here: Here, refused: NotProvedError | None = None, again: str | None = None) -> Response:
    """The picture for the app's camera, and the same to type in; the same as before after a code that was wrong."""
    async with here.provider.database.unit_of_work(RowContext()) as session:
        await lock(session, here.person.id)
        enrolment = await totp.begin(session, here.provider, here.person, as_id(again))
    return here.page(
        "app",
        refused.status if refused else HTTPStatus.OK,
        refused.headers if refused else None,
        enrolment=enrolment,
        picture=picture(enrolment.uri),
        refused=refused,
    )


def as_id(sent: str | None) -> UUID | None:
    try:
        return UUID(sent) if sent else None
    except ValueError:
        return None
