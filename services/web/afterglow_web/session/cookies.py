"""The one cookie. Before sign-in it names an attempt, after it a session; its value is never stored, only its hash.

There is one and not two because the gateway forwards to web no other cookie than this.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.settings import Settings


@dataclass(frozen=True, slots=True)
class CookieSecret:
    """The random value (256 bits) that a browser holds."""

    value: str

    @classmethod
    def new(cls) -> "CookieSecret":
        return cls(secrets.token_urlsafe(32))

    @property
    def hash(self) -> bytes:
        """SHA-256, by which rows are found."""
        return hashlib.sha256(self.value.encode()).digest()

    def derive(self, purpose: str) -> str:
        """Return another secret (43 characters) that only the holder of this one can tell, one for each purpose."""
        digest = hmac.digest(self.value.encode(), f"afterglow web {purpose}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def cookie_name(settings: Settings) -> str:
    return "web" if settings.insecure_cookies else "__Host-web"


def read_cookie(request: Request, settings: Settings) -> CookieSecret | None:
    value = request.cookies.get(cookie_name(settings))
    return CookieSecret(value) if value else None


def set_cookie(response: Response, secret: CookieSecret, settings: Settings, *, seconds: int) -> None:
    response.set_cookie(
        cookie_name(settings),
        secret.value,
        max_age=seconds,
        path="/",
        secure=not settings.insecure_cookies,
        httponly=True,
        samesite="lax",
    )


def clear_cookie(response: Response, settings: Settings) -> None:
    response.delete_cookie(
        cookie_name(settings), path="/", secure=not settings.insecure_cookies, httponly=True, samesite="lax"
    )
