"""The sign-in page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from math import ceil
from urllib.parse import urlencode

from afterglow_foundation.errors import request_id_of
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from afterglow_auth import forms
from afterglow_auth.accounts.passwords import LONGEST_PASSWORD
from afterglow_auth.addresses import client_network
from afterglow_auth.audit import Verb
from afterglow_auth.browser import ForgedFormError, check_form, form_token, read_or_make_cookie, set_cookie
from afterglow_auth.digests import new_secret
from afterglow_auth.oauth.authorize import Asked, validate
from afterglow_auth.oauth.exchanged import Answer
from afterglow_auth.oauth.pages import respond
from afterglow_auth.pages import policy_for, redirect, refused_request
from afterglow_auth.provider import IdentityProvider, Provider
from afterglow_auth.sessions.forged import record_forged
from afterglow_auth.sign_in.back_off import TooSoonError
from afterglow_auth.sign_in.service import Attempt, Refused, sign_in

LONGEST_EMAIL = 320
NOT_RIGHT = "That address and password do not belong together. Please check both."
NEEDS_SECOND_FACTOR = (
    "Staff accounts of this practice need a second step to sign in, and yours has none yet. Please ask your admin."
)
OUT_OF_DATE = (
    "This page had been open for a while, or was not opened here. Nothing was sent on: please sign in once more."
)

router = APIRouter(prefix="/auth/sign-in", include_in_schema=False, dependencies=[Depends(public)])


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page says: the address typed before, what is missing, and a sentence about what happened."""

    email: str = ""
    notice: str | None = None
    errors: Mapping[str, str] | None = None
    status: int = HTTPStatus.OK
    retry_after: int | None = None


@router.get("")
async def show(request: Request, provider: Provider) -> Response:
    """The form; the query holds the authorization request in progress, if there is one."""
    try:
        asked = await asked_by(provider, forms.read_query(request))
    except forms.MalformedInputError as error:
        return refused_request(request, provider, str(error))
    if isinstance(asked, Answer):
        return respond(request, provider, asked)
    hinted = asked.parameters.get("login_hint", "") if asked else ""
    return page(request, provider, asked, Shown(email=hinted))


@router.post("")
async def submit(request: Request, provider: Provider) -> Response:
    """Check the form before anything else, then the authorization request again, then the password."""
    try:
        form = await forms.read_form(request)
        asked = await asked_by(provider, forms.parse(form.get("ask", "").encode()))
    except (forms.MalformedInputError, UnicodeError) as error:
        return refused_request(request, provider, str(error))
    if isinstance(asked, Answer):
        return respond(request, provider, asked)
    email, password = form.get("email", "").strip(), form.get("password", "")
    try:
        cookie = check_form(request, provider.settings, provider.digests, form.get("csrf_token", ""))
    except ForgedFormError:
        await record_forged(request, provider, Verb.sign_in)
        return out_of_date(request, provider, asked)
    if errors := missing(email, password):
        return page(request, provider, asked, Shown(email, errors=errors, status=HTTPStatus.UNPROCESSABLE_ENTITY))
    network = client_network(request, provider.settings.trusted_proxies)
    return await attempt_sign_in(request, provider, Attempt(email, password, network, cookie, asked))


async def asked_by(provider: IdentityProvider, parameters: Mapping[str, str]) -> Asked | Answer | None:
    """The authorization request in progress, checked anew; None when somebody came to the page directly."""
    return await validate(provider, parameters) if parameters else None


def missing(email: str, password: str) -> dict[str, str]:
    errors = {}
    if not email or len(email) > LONGEST_EMAIL:
        errors["email"] = "Enter your e-mail address."
    if not password:
        errors["password"] = "Enter your password."  # noqa: S105  # words about one
    elif len(password) > LONGEST_PASSWORD:
        errors["password"] = "That is longer than any password here."  # noqa: S105  # words about one
    return errors


async def attempt_sign_in(request: Request, provider: IdentityProvider, attempt: Attempt) -> Response:
    new_cookie = new_secret()
    try:
        outcome = await sign_in(provider, attempt, new_cookie)
    except TooSoonError as error:
        return too_soon(request, provider, attempt, error.wait)
    if outcome is Refused.not_right:
        return page(request, provider, attempt.asked, Shown(attempt.email, NOT_RIGHT, status=HTTPStatus.BAD_REQUEST))
    if outcome is Refused.needs_second_factor:
        shown = Shown(attempt.email, NEEDS_SECOND_FACTOR, status=HTTPStatus.FORBIDDEN)
        return page(request, provider, attempt.asked, shown)
    answer = (
        respond(request, provider, outcome)
        if isinstance(outcome, Answer)
        else redirect(provider.settings.base_url + "/")
    )
    set_cookie(answer, provider.settings, new_cookie)
    return answer


def out_of_date(request: Request, provider: IdentityProvider, asked: Asked | None) -> Response:
    """A way back to the form. Sets no cookie: from another site the browser's own did not come, and must stay."""
    again = f"/auth/sign-in?{urlencode(asked.parameters)}" if asked else "/auth/sign-in"
    return provider.templates.page(
        request,
        "problem.html",
        HTTPStatus.FORBIDDEN,
        title="Please sign in again",
        what_happened=OUT_OF_DATE,
        next_steps=[{"text": "Open the sign-in page", "href": again}],
        reference=request_id_of(request),
    )


def too_soon(request: Request, provider: IdentityProvider, attempt: Attempt, wait: timedelta) -> Response:
    seconds = ceil(wait.total_seconds())
    words = f"There were several tries in a short time. Please wait {in_words(seconds)}, then try again."
    shown = Shown(attempt.email, words, status=HTTPStatus.TOO_MANY_REQUESTS, retry_after=seconds)
    return page(request, provider, attempt.asked, shown)


def in_words(seconds: int) -> str:
    """A waiting time as one says it: seconds below two minutes, else whole minutes, never too few."""
    if seconds == 1:
        return "1 second"
    return f"{seconds} seconds" if seconds < 120 else f"{ceil(seconds / 60)} minutes"  # noqa: PLR2004  # two minutes


def page(request: Request, provider: IdentityProvider, asked: Asked | None, shown: Shown) -> Response:
    cookie = read_or_make_cookie(request, provider.settings)
    answer = provider.templates.page(
        request,
        "sign_in.html",
        shown.status,
        policy=policy_for(asked.redirect_uri if asked else None),
        headers={"Retry-After": str(shown.retry_after)} if shown.retry_after else None,
        client_name=asked.client.name if asked else None,
        ask=urlencode(asked.parameters) if asked else "",
        csrf_token=form_token(provider.digests, cookie),
        email=shown.email,
        notice=shown.notice,
        errors=shown.errors or {},
        tone="glow" if shown.status == HTTPStatus.BAD_REQUEST else "dusk",
    )
    set_cookie(answer, provider.settings, cookie)
    return answer
