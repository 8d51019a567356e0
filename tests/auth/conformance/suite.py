"""What the modules of the OpenID suite do in common: one client, one person, and requests by HTTP only."""

import base64
import hashlib
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
from afterglow_auth.accounts.models import Person
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import text

from tests.auth.arranging import ISSUER, Browser, Program, answered, is_sign_in_page

SIGN_IN = "/auth/sign-in"
DISCOVERY = "/auth/.well-known/openid-configuration"
AGE_SESSIONS = text("UPDATE sessions SET auth_time = auth_time - make_interval(secs => :seconds)")
AGE_CODES = text(
    "UPDATE authorizations SET code_expires_at = code_expires_at - make_interval(secs => :seconds),"
    " code_used_at = code_used_at - make_interval(secs => :seconds)"
)


@dataclass
class Suite:
    """`program` is the suite's client. Every answer is checked as the suite checks it, whatever the module is about."""

    browser: Browser
    person: Person
    program: Program
    database: RolledBackDatabase
    nonce: str = field(default_factory=lambda: new_id().hex)

    @property
    def http(self) -> httpx.AsyncClient:
        return self.browser.client

    async def server(self) -> dict[str, Any]:
        """The discovery document."""
        answer = await self.http.get(DISCOVERY)
        assert answer.status_code == 200
        return dict(answer.json())

    def request(self, **changes: str | None) -> dict[str, str]:
        """An authorization request of the suite: a nonce of its own, and the scope that a module needs."""
        return self.program.request(**{"scope": "openid", "nonce": self.nonce, **changes})

    async def ask(self, **changes: str | None) -> httpx.Response:
        """The first answer of the authorization endpoint."""
        return await self.http.get("/auth/authorize", params=self.request(**changes))

    async def authorize(self, **changes: str | None) -> dict[str, str]:
        """Go through the authorization endpoint, signing in where it is asked; the parameters that come back."""
        return await self.finish(await self.ask(**changes))

    async def finish(self, answer: httpx.Response) -> dict[str, str]:
        """Sign in where the answer asks for it; the authorization response, checked for state and issuer."""
        if asks_to_sign_in(answer):
            answer = await self.browser.submit(await self.browser.fields_of(answer), self.person.email)
        address = self.program.redirect_uri
        assert answer.headers["location"].startswith(address + ("&" if "?" in address else "?")), answer.text
        response = answered(answer)
        assert response["state"] == "state-of-the-browser"
        assert response["iss"] == ISSUER
        return response

    async def exchange(self, form: dict[str, str]) -> httpx.Response:
        """A request to the token endpoint."""
        return await self.http.post("/auth/token", data=form)

    async def redeem(self, code: str, **changes: str) -> httpx.Response:
        return await self.exchange(self.program.code_form(code, **changes))

    async def refresh(self, token: str, program: Program | None = None) -> httpx.Response:
        return await self.exchange((program or self.program).refresh_form(token))

    async def flow(self, **changes: str | None) -> dict[str, Any]:
        """The whole code flow: the token answer, with the claims of its ID token under `claims`."""
        answer = await self.redeem((await self.authorize(**changes))["code"])
        assert answer.status_code == 200, answer.text
        tokens = checked_token_answer(answer)
        nonce = changes.get("nonce", self.nonce)
        return tokens | {"claims": await self.id_token(tokens["id_token"], tokens["access_token"], nonce)}

    async def id_token(self, token: str, access_token: str, nonce: str | None) -> dict[str, Any]:
        """The claims of an ID token (OpenID Connect Core §3.1.3.7), whose signature a published key made."""
        keys = (await self.http.get("/auth/jwks")).json()
        decoded = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["ES256"])
        claims, now = decoded.claims, time.time()
        assert decoded.header["kid"] in {key["kid"] for key in keys["keys"]}
        assert claims["iss"] == ISSUER
        assert claims["aud"] == self.program.client_id
        assert claims["iat"] - 60 < now < claims["exp"]
        assert claims.get("nonce") == nonce
        assert claims["at_hash"] == half_hash(access_token)
        assert claims["sub"] == str(self.person.id)
        return dict(claims)

    async def user_info(self, tokens: dict[str, Any], method: str = "GET") -> dict[str, Any]:
        """Userinfo for a token, about the same person as the ID token."""
        answer = await self.ask_user_info(tokens, method)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["sub"] == tokens["claims"]["sub"]
        return dict(answer.json())

    async def ask_user_info(self, tokens: dict[str, Any], method: str = "GET") -> httpx.Response:
        headers = {"authorization": f"Bearer {tokens['access_token']}"}
        return await self.http.request(method, "/auth/userinfo", headers=headers)

    async def sign_out(self, **parameters: str) -> httpx.Response:
        """Send the browser to the end session endpoint."""
        return await self.http.get("/auth/sign-out", params=parameters)

    async def is_signed_in(self) -> bool:
        """Whether somebody who is not asked gets a code."""
        return "code" in answered(await self.ask(prompt="none"))

    async def wait(self, seconds: int) -> None:
        """Let time pass, for the session and the codes that there are."""
        back = {"seconds": seconds}
        async with self.database.arrange() as session:
            await session.execute(AGE_SESSIONS, back)
            await session.execute(AGE_CODES, back)


def asks_to_sign_in(answer: httpx.Response) -> bool:
    """By the page itself; after a pushed request by leading to it."""
    return is_sign_in_page(answer) or answer.headers.get("location", "").startswith(f"{SIGN_IN}?")


def is_own_page(answer: httpx.Response) -> bool:
    """An error page of the provider's: no redirect, and words for whoever sits there."""
    return answer.status_code == 400 and answer.headers["content-type"].startswith("text/html")


def checked_token_answer(answer: httpx.Response) -> dict[str, Any]:
    """RFC 6749 §5.1: type, lifetime, and nobody on the way may keep it."""
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    tokens = dict(answer.json())
    assert tokens["token_type"].lower() in {"bearer", "dpop"}
    assert tokens["expires_in"] > 0
    return tokens


def half_hash(token: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()[:16]).rstrip(b"=").decode()


def refused(answer: httpx.Response, *errors: str) -> None:
    """RFC 6749 §5.2: an error answer with one of these names."""
    assert answer.status_code in {400, 401}, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["error"] in errors
