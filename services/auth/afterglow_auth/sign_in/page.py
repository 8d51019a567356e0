"""The sign-in page itself: at its own address, and as the answer to a client's request."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from afterglow_auth.browser import form_token, read_or_make_cookie, set_cookie
from afterglow_auth.pages import policy_for
from afterglow_auth.passkeys.service import begin_authentication
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sign_in.going import Going


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page says: the address typed before, what is missing, and a sentence about what happened."""

    email: str = ""
    notice: str | None = None
    errors: Mapping[str, str] | None = None
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] | None = None


def page(request: Request, provider: IdentityProvider, going: Going, shown: Shown | None = None) -> Response:
    """The form, on the way to `going`; when it is first shown, with the address that the client says it is about."""
    shown = shown or Shown(email=going.login_hint)
    cookie = read_or_make_cookie(request, provider.settings)
    answer = provider.templates.page(
        request,
        "sign_in.html",
        shown.status,
        policy=policy_for(going.redirect_uri),
        headers=shown.headers,
        client_name=going.client_name,
        proves_again=going.proves_again,
        ask=going.query,
        csrf_token=form_token(provider.digests, cookie),
        passkey_options=begin_authentication(provider, cookie),
        email=shown.email,
        notice=shown.notice,
        errors=shown.errors or {},
        waits=shown.status == HTTPStatus.TOO_MANY_REQUESTS,
        tone="glow" if shown.status == HTTPStatus.BAD_REQUEST else "dusk",
    )
    set_cookie(answer, provider.settings, cookie)
    return answer
