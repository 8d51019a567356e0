"""The page on which somebody who is signed in proves once more who they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from afterglow_design import languages
from afterglow_foundation.database import RowContext
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from afterglow_auth import forms
from afterglow_auth.addresses import client_network
from afterglow_auth.audit import Verb
from afterglow_auth.browser import ForgedFormError, check_form, form_token, read_or_make_cookie
from afterglow_auth.factors.standing import standing
from afterglow_auth.pages import TurnedAwayError, redirect, refused_request
from afterglow_auth.passkeys.refusals import PasskeyRefusedError
from afterglow_auth.passkeys.service import begin_authentication
from afterglow_auth.provider import IdentityProvider, Provider
from afterglow_auth.sessions.forged import record_forged
from afterglow_auth.sessions.service import SignedIn
from afterglow_auth.sessions.sign_out import find_signed_in
from afterglow_auth.sign_in import with_passkey
from afterglow_auth.sign_in.arriving import NotProvedError, browser_of, led_on
from afterglow_auth.sign_in.back_off import TooSoonError
from afterglow_auth.sign_in.confirming import CONFIRM, START
from afterglow_auth.sign_in.going import Going
from afterglow_auth.sign_in.local import local_path
from afterglow_auth.sign_in.routes import PASSKEY_REFUSED, missing
from afterglow_auth.sign_in.service import Attempt, Outcomes, Refused, sign_in
from afterglow_auth.sign_in.stages import Browser, OpenedBy

NOT_RIGHT = languages.lazy("That is not your password. Please try again.")

router = APIRouter(prefix=CONFIRM, include_in_schema=False, dependencies=[Depends(public)])


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked once more, and what for."""

    request: Request
    provider: IdentityProvider
    signed_in: SignedIn
    going: Going

    @property
    def network(self) -> str:
        return client_network(self.request, self.provider.settings.trusted_proxies)


@router.get("")
async def show(request: Request, provider: Provider) -> Response:
    """The form; `next` is the page of ours to go on to."""
    try:
        asked = await read_asked(request, provider, forms.read_query(request))
    except forms.MalformedInputError as error:
        return refused_request(request, provider, str(error))
    return await page(asked)


@router.post("")
async def submit(request: Request, provider: Provider) -> Response:
    """A passkey or the password of whoever is signed in in this browser; nobody else's is looked at."""
    try:
        form = await forms.read_form(request)
    except forms.MalformedInputError as error:
        return refused_request(request, provider, str(error))
    asked = await read_asked(request, provider, form)
    try:
        cookie = check_form(request, provider.settings, provider.digests, form.get("csrf_token", ""))
    except ForgedFormError:
        await record_forged(request, provider, Verb.sign_in)
        return redirect(f"{CONFIRM}?{asked.going.query}")
    browser = browser_of(request, cookie)
    try:
        return led_on(request, provider, asked.going, browser, await prove(asked, browser, form))
    except NotProvedError as error:
        return await page(asked, error)


async def prove(asked: Asked, browser: Browser, form: Mapping[str, str]) -> Outcomes:
    """What comes next. Raises NotProvedError."""
    person, provider = asked.signed_in.person, asked.provider
    response, password = form.get("response", ""), form.get("password", "")
    if not response and (errors := missing(person.email, password)):
        raise NotProvedError(errors["password"])
    try:
        if response:
            shown = with_passkey.Shown(response, asked.network, browser, asked.going, OpenedBy.confirm, person.id)
            return await with_passkey.sign_in(provider, shown)
        attempt = Attempt(person.email, password, asked.network, browser, asked.going, OpenedBy.confirm)
        outcome = await sign_in(provider, attempt)
    except TooSoonError as error:
        raise NotProvedError.too_soon(error) from error
    except PasskeyRefusedError as error:
        raise NotProvedError(PASSKEY_REFUSED) from error
    if isinstance(outcome, Refused):
        raise NotProvedError(NOT_RIGHT)
    return outcome


async def read_asked(request: Request, provider: IdentityProvider, parameters: Mapping[str, str]) -> Asked:
    """Raise TurnedAwayError with the way to sign-in where nobody is signed in."""
    going = Going(page=local_path(parameters.get("next")) or START)
    signed_in = await find_signed_in(request, provider)
    if signed_in is None:
        raise TurnedAwayError(redirect(f"/auth/sign-in?{going.query}"))
    languages.speak(signed_in.person.locale)
    return Asked(request, provider, signed_in, going)


async def page(asked: Asked, refused: NotProvedError | None = None) -> Response:
    request, provider, person = asked.request, asked.provider, asked.signed_in.person
    cookie = read_or_make_cookie(request, provider.settings)
    async with provider.database.unit_of_work(RowContext()) as session:
        has = await standing(session, person)
    options = begin_authentication(provider, cookie) if has.passkeys else None
    return provider.templates.page(
        request,
        "confirm.html",
        refused.status if refused else HTTPStatus.OK,
        headers=refused.headers if refused else None,
        email=person.email,
        has_password=has.has_password,
        passkey_options=options,
        goes_to=asked.going.page,
        error=refused.words if refused else None,
        csrf_token=form_token(provider.digests, cookie),
    )
