"""Signing in by passkey or by password, as browsers reach it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from afterglow_design.languages import gettext as _
from afterglow_design.languages import lazy
from afterglow_foundation.errors import request_id_of
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from afterglow_auth import forms
from afterglow_auth.accounts.passwords import LONGEST_PASSWORD
from afterglow_auth.addresses import client_network
from afterglow_auth.audit import Verb
from afterglow_auth.browser import ForgedFormError, check_form
from afterglow_auth.oauth.exchanged import Answer
from afterglow_auth.oauth.pages import respond
from afterglow_auth.pages import TurnedAwayError, refused_request
from afterglow_auth.passkeys.refusals import PasskeyRefusedError
from afterglow_auth.provider import IdentityProvider, provider_of
from afterglow_auth.sessions.forged import record_forged
from afterglow_auth.sign_in import with_passkey
from afterglow_auth.sign_in.arriving import browser_of, led_on
from afterglow_auth.sign_in.back_off import TooSoonError
from afterglow_auth.sign_in.going import Going, read_going, reread_going
from afterglow_auth.sign_in.page import Shown, page
from afterglow_auth.sign_in.service import Attempt, Refused, sign_in
from afterglow_auth.sign_in.waiting import retry_after, too_soon_words

LONGEST_EMAIL = 320
NOT_RIGHT = lazy("That address and password do not belong together. Please check both.")
PASSKEY_REFUSED = lazy("That passkey did not open anything here. Please try again, or sign in with your password.")
OUT_OF_DATE = lazy(
    "This page had been open for a while, or was not opened here. Nothing was sent on: please sign in once more."
)

router = APIRouter(prefix="/auth/sign-in", include_in_schema=False, dependencies=[Depends(public)])


@dataclass(frozen=True, slots=True)
class Sent:
    """A form from our own page: its fields, the browser's cookie, and where it was going."""

    form: Mapping[str, str]
    cookie: str
    going: Going


@router.get("")
async def show(request: Request) -> Response:
    """The form; the query holds the authorization request in progress, or the page of ours to go on to."""
    provider = await provider_of(request)
    try:
        going = await read_going(provider, forms.read_query(request))
    except forms.MalformedInputError as error:
        return refused_request(request, provider, str(error))
    if isinstance(going, Answer):
        return respond(request, provider, going)
    return page(request, provider, going)


@router.post("")
async def submit(request: Request) -> Response:
    """Check the form before anything else, then the authorization request again, then the passkey or the password."""
    provider = await provider_of(request)
    sent = await read_sent(request, provider)
    if "response" in sent.form:
        return await submit_passkey(request, provider, sent)
    email, password = sent.form.get("email", "").strip(), sent.form.get("password", "")
    if errors := missing(email, password):
        shown = Shown(email, errors=errors, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return page(request, provider, sent.going, shown)
    network, browser = client_network(request, provider.settings.trusted_proxies), browser_of(request, sent.cookie)
    try:
        outcome = await sign_in(provider, Attempt(email, password, network, browser, sent.going))
    except TooSoonError as error:
        return too_soon(request, provider, sent.going, email, error.wait)
    if isinstance(outcome, Refused):
        shown = Shown(email, str(NOT_RIGHT), status=HTTPStatus.BAD_REQUEST)
        return page(request, provider, sent.going, shown)
    return led_on(request, provider, sent.going, browser, outcome)


async def submit_passkey(request: Request, provider: IdentityProvider, sent: Sent) -> Response:
    """What an authenticator signed: who they are, and that it asked for a finger, a face or a PIN."""
    network, browser = client_network(request, provider.settings.trusted_proxies), browser_of(request, sent.cookie)
    shown = with_passkey.Shown(sent.form["response"], network, browser, sent.going)
    try:
        outcome = await with_passkey.sign_in(provider, shown)
    except TooSoonError as error:
        return too_soon(request, provider, sent.going, "", error.wait)
    except PasskeyRefusedError:
        refused = Shown(notice=str(PASSKEY_REFUSED), status=HTTPStatus.BAD_REQUEST)
        return page(request, provider, sent.going, refused)
    return led_on(request, provider, sent.going, browser, outcome)


async def read_sent(request: Request, provider: IdentityProvider) -> Sent:
    """Raise TurnedAwayError with the page that says what is wrong with a form, or leads back to it."""
    try:
        form = await forms.read_form(request)
        going = await reread_going(provider, form.get("ask", ""))
    except forms.MalformedInputError as error:
        raise TurnedAwayError(refused_request(request, provider, str(error))) from error
    if isinstance(going, Answer):
        raise TurnedAwayError(respond(request, provider, going))
    try:
        cookie = check_form(request, provider.settings, provider.digests, form.get("csrf_token", ""))
    except ForgedFormError as error:
        await record_forged(request, provider, Verb.sign_in)
        raise TurnedAwayError(out_of_date(request, provider, going)) from error
    return Sent(form, cookie, going)


def missing(email: str, password: str) -> dict[str, str]:
    errors = {}
    if not email or len(email) > LONGEST_EMAIL:
        errors["email"] = _("Enter your e-mail address.")
    if not password:
        errors["password"] = _("Enter your password.")
    elif len(password) > LONGEST_PASSWORD:
        errors["password"] = _("That is longer than any password here.")
    return errors


def out_of_date(request: Request, provider: IdentityProvider, going: Going) -> Response:
    """A way back to the form. Sets no cookie: from another site the browser's own did not come, and must stay."""
    again = f"/auth/sign-in?{going.query}" if going.query else "/auth/sign-in"
    return provider.templates.page(
        request,
        "problem.html",
        HTTPStatus.FORBIDDEN,
        title=_("Please sign in again"),
        what_happened=str(OUT_OF_DATE),
        next_steps=[{"text": _("Open the sign-in page"), "href": again}],
        reference=request_id_of(request),
    )


def too_soon(request: Request, provider: IdentityProvider, going: Going, email: str, wait: timedelta) -> Response:
    status, headers = HTTPStatus.TOO_MANY_REQUESTS, retry_after(wait)
    return page(request, provider, going, Shown(email, too_soon_words(wait), status=status, headers=headers))
