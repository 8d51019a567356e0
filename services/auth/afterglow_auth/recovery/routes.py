"""The page for whoever forgot their password."""

from http import HTTPStatus

from afterglow_design.languages import gettext as _
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from afterglow_auth import forms
from afterglow_auth.addresses import client_network
from afterglow_auth.audit import Verb
from afterglow_auth.browser import ForgedFormError, check_form, form_token, read_or_make_cookie, set_cookie
from afterglow_auth.pages import redirect, refused_request
from afterglow_auth.provider import IdentityProvider, Provider
from afterglow_auth.recovery.service import ask
from afterglow_auth.sessions.forged import record_forged
from afterglow_auth.sign_in.arriving import NotProvedError
from afterglow_auth.sign_in.back_off import TooSoonError
from afterglow_auth.sign_in.routes import LONGEST_EMAIL

PATH = "/auth/forgotten"

router = APIRouter(prefix=PATH, include_in_schema=False, dependencies=[Depends(public)])


@router.get("")
async def show(request: Request, provider: Provider) -> Response:
    """Asks for the address, and for nothing else."""
    return page(request, provider)


@router.post("")
async def submit(request: Request, provider: Provider) -> Response:
    """The same answer for every address; a mail goes out where there is somebody to write to."""
    try:
        form = await forms.read_form(request)
        check_form(request, provider.settings, provider.digests, form.get("csrf_token", ""))
    except forms.MalformedInputError as error:
        return refused_request(request, provider, str(error))
    except ForgedFormError:
        await record_forged(request, provider, Verb.recovery_asked)
        return redirect(PATH)
    email = form.get("email", "").strip()
    if not email or len(email) > LONGEST_EMAIL:
        return page(request, provider, email, NotProvedError(_("Enter your e-mail address."), what="email"))
    try:
        await ask(provider, email, client_network(request, provider.settings.trusted_proxies))
    except TooSoonError as error:
        return page(request, provider, email, NotProvedError.too_soon(error, what="email"))
    return provider.templates.page(request, "forgotten_sent.html")


def page(
    request: Request, provider: IdentityProvider, email: str = "", refused: NotProvedError | None = None
) -> Response:
    cookie = read_or_make_cookie(request, provider.settings)
    answer = provider.templates.page(
        request,
        "forgotten.html",
        refused.status if refused else HTTPStatus.OK,
        headers=refused.headers if refused else None,
        email=email,
        refused=refused,
        csrf_token=form_token(provider.digests, cookie),
    )
    set_cookie(answer, provider.settings, cookie)
    return answer
