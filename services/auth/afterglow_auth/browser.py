"""The browser's side of auth's pages: its one cookie, and the checks that a form was sent from our own page.

The cookie holds a secret from the first page on. Before sign-in it proves only that a form comes back from the
browser it was shown in; at sign-in it is replaced, so that nobody can plant the one that will be signed in.
"""

import hmac
import re
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from afterglow_auth.digests import Digests, Purpose, new_secret
from afterglow_auth.settings import Settings

WELL_FORMED = re.compile(r"^[A-Za-z0-9_-]{43}$")


class ForgedFormError(Exception):
    """The form was not sent from our own page in this browser, or that page is out of date."""


def cookie_name(settings: Settings) -> str:
    return "auth" if settings.insecure_cookies else "__Host-auth"


def read_cookie(request: Request, settings: Settings) -> str | None:
    """The browser's secret, if it has a well-formed one."""
    value = request.cookies.get(cookie_name(settings), "")
    return value if WELL_FORMED.match(value) else None


def read_or_make_cookie(request: Request, settings: Settings) -> str:
    return read_cookie(request, settings) or new_secret()


def set_cookie(response: Response, settings: Settings, value: str) -> None:
    """Let the browser keep `value` until it closes; the database says how long a session really lives."""
    response.set_cookie(
        cookie_name(settings), value, path="/", secure=not settings.insecure_cookies, httponly=True, samesite="lax"
    )


def drop_cookie(response: Response, settings: Settings) -> None:
    response.delete_cookie(
        cookie_name(settings), path="/", secure=not settings.insecure_cookies, httponly=True, samesite="lax"
    )


def form_token(digests: Digests, cookie: str) -> str:
    """The token that a form carries, bound to the browser's secret."""
    return digests.of(Purpose.form, cookie).hex()


def check_form(request: Request, settings: Settings, digests: Digests, token: str) -> str:
    """Return the browser's secret of a form from our own page; raise ForgedFormError otherwise.

    Under `Referrer-Policy: no-referrer` browsers send `Origin: null` with our own forms; then Fetch Metadata must
    say that it is our own. Without either header the token decides, which is bound to a SameSite cookie.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    own = "{0.scheme}://{0.netloc}".format(urlsplit(settings.base_url))
    if site not in {None, "same-origin"}:
        raise ForgedFormError
    if origin not in {None, own} and not (origin == "null" and site == "same-origin"):
        raise ForgedFormError
    cookie = read_cookie(request, settings)
    if cookie is None or not hmac.compare_digest(form_token(digests, cookie).encode(), token.encode()):
        raise ForgedFormError
    return cookie
