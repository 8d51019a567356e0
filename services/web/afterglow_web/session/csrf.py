"""Cross-site request forgery: one dependency on every router, before anything else.

Besides the cookie's SameSite, a request that changes something must come from our own pages by what the browser itself
says (Fetch Metadata, Origin), and a form must carry the session's token. JSON and parts of an upload need no token: no
foreign page can send such a type without asking first.
"""

import base64
import binascii
import hmac
import secrets

from afterglow_foundation.callers import Caller, find_caller
from afterglow_foundation.errors import Forbidden, Refusal, UnsupportedMediaType
from starlette.requests import Request

from afterglow_web.session.authentication import known_session
from afterglow_web.settings import Settings

SAFE = {"GET", "HEAD", "OPTIONS"}
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
UNFORGED = {"application/json", "application/offset+octet-stream"}  # no foreign page sends these without asking first
FIELD = "csrf_token"
SECRET_BYTES = 32


class CrossSite(Forbidden):
    code, title = "cross_site", "This did not come from our own page"

    def __init__(self, caller: Caller | None) -> None:
        """Audit it for somebody who is signed in; anybody at all could fill an append-only table otherwise."""
        super().__init__(refusal=Refusal(action="session:cross_site") if caller else None)


class EarlierSession(Forbidden):
    """Our own page by all the browser says, but not of this session: mostly a tab from before another sign-in."""

    code, title = "earlier_session", "This page is from an earlier sign-in"

    def __init__(self, typed: str = "") -> None:
        """`typed` is the longest of what was written, for the answer alone, where it is the same person's session."""
        super().__init__(refusal=Refusal(action="session:wrong_token"))
        self.typed = typed


async def refuse_cross_site(request: Request) -> None:
    """Raise CrossSite for a request that changes something and was not made by our own page.

    Raises EarlierSession for a form of ours without this session's token.
    """
    if request.method in SAFE:
        return
    settings: Settings = request.app.state.settings
    if not came_from_us(request, settings.base_url):
        raise CrossSite(await find_caller(request))
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in FORMS and request.method == "POST":
        await find_caller(request)
        session = known_session(request)
        if session and not is_token(token := await posted_token(request), session.csrf_secret):
            earlier = session.earlier_csrf_secret
            raise EarlierSession(await longest_typed(request) if earlier and is_token(token, earlier) else "")
    elif kind not in UNFORGED or request.method == "POST":
        raise UnsupportedMediaType


async def refuse_foreign_pages(request: Request) -> None:
    """Raise CrossSite unless a page of ours asks, whichever session it is from: for ways out, which are never closed.

    Of nobody: whoever leaves is not looked for first, and anybody could fill the audit.
    """
    if not came_from_us(request, request.app.state.settings.base_url):
        raise CrossSite(None)


def came_from_us(request: Request, base_url: str) -> bool:
    """Judge by Sec-Fetch-Site and Origin; a request with neither is refused.

    A form on a page without referrer sends `Origin: null`, so that counts only beside Sec-Fetch-Site.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is None:
        return origin == base_url
    return site == "same-origin" and origin in {None, "null", base_url}


async def longest_typed(request: Request) -> str:
    form = await request.form()
    return max((value for name, value in form.items() if isinstance(value, str) and name != FIELD), key=len, default="")


async def posted_token(request: Request) -> str:
    value = (await request.form()).get(FIELD)
    return value if isinstance(value, str) else ""


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def make_token(secret: bytes) -> str:
    """Return the secret under a new mask: in compressed pages a constant secret could be guessed (BREACH)."""
    mask = secrets.token_bytes(len(secret))
    return base64.urlsafe_b64encode(mask + apply(mask, secret)).decode()


def is_token(token: str, secret: bytes) -> bool:
    try:
        masked = base64.urlsafe_b64decode(token.encode())
    except (binascii.Error, ValueError):
        return False
    middle = len(masked) // 2
    return hmac.compare_digest(apply(masked[:middle], masked[middle:]), secret)


def apply(mask: bytes, value: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(mask, value, strict=False))
