"""auth as web sees it: a token endpoint with PKCE, refresh in families, and the accounts API."""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
from afterglow_foundation.testing.people import BASE_URL, Person, TestIssuer
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.web.fake_accounts import FakeAccounts

ISSUER = f"{BASE_URL}/auth"
APIS = [f"{BASE_URL}/api/{api}" for api in ("portal", "messaging", "accounts")]


@dataclass
class FakeAuth:
    """Signs with the test issuer's key; `claims` replace those of the next ID tokens, `refuse` says no.

    `token_answers` come before the token endpoint's own, one each.
    """

    issuer: TestIssuer
    web_key: ECKey
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    signing_key: ECKey | None = None
    expires_in: int = 300
    refuse: bool = False
    down: bool = False
    token_answers: list[httpx.Response | type[httpx.TransportError]] = field(default_factory=list)
    before_answer: Callable[[], Any] | None = None
    codes: dict[str, tuple[Person, dict[str, str]]] = field(default_factory=dict)
    refresh_tokens: dict[str, Person] = field(default_factory=dict)
    requests: list[dict[str, str]] = field(default_factory=list)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    seen_tokens: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)

    def authorize(self, address: str, person: Person) -> str:
        """Stand for the person at auth's page: return the address the browser is sent back to."""
        asked = dict(parse_qsl(urlsplit(address).query))
        code = secrets.token_urlsafe(16)
        self.codes[code] = (person, asked)
        return f"/callback?code={code}&state={asked['state']}&iss={ISSUER}"

    async def answer(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("down")
        if request.url.path == "/auth/token":
            return await self.token({name: values[0] for name, values in parse_qs(request.content.decode()).items()})
        if request.url.path == "/livez":
            return httpx.Response(200)
        if request.url.path == "/auth/revoke":
            form = parse_qs(request.content.decode())
            self.check_assertion(form["client_assertion"][0], "web")
            self.revoked += form["token"]
            return httpx.Response(200)
        if request.url.path == "/auth/sign-out":
            self.ended.append(request.url.params["id_token_hint"])
            return httpx.Response(303, headers={"location": f"{BASE_URL}/"})
        self.seen_tokens.append(request.headers["authorization"])
        return await self.accounts.answer(request)

    async def token(self, form: dict[str, str]) -> httpx.Response:
        self.requests.append(form)
        if self.before_answer:
            await self.before_answer()
        service = form["grant_type"] == "client_credentials"
        self.check_assertion(form["client_assertion"], "web-events" if service else "web")
        if service and not self.refuse:
            return httpx.Response(200, json={"access_token": form["scope"], "expires_in": self.expires_in})
        if self.token_answers:
            return self.said(self.token_answers.pop(0))
        if self.refuse:
            return httpx.Response(400, json={"error": "invalid_grant"})
        if form["grant_type"] == "refresh_token":
            person = self.refresh_tokens.pop(form["refresh_token"], None)
            return httpx.Response(400, json={"error": "invalid_grant"}) if person is None else self.grant(person, {})
        person, asked = self.codes.pop(form["code"])
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode()
        assert asked["code_challenge"] == challenge.rstrip("=")
        assert asked["code_challenge_method"] == "S256"
        assert form["redirect_uri"] == asked["redirect_uri"] == f"{BASE_URL}/callback"
        return self.grant(person, {"id_token": self.id_token(person, asked["nonce"])})

    @staticmethod
    def said(answer: httpx.Response | type[httpx.TransportError]) -> httpx.Response:
        if isinstance(answer, httpx.Response):
            return answer
        raise answer("lost on the way")

    def check_assertion(self, assertion: str, client_id: str) -> None:
        claims = jwt.decode(assertion, self.web_key, algorithms=["ES256"]).claims
        assert claims["iss"] == claims["sub"] == client_id
        assert claims["aud"] == ISSUER

    def grant(self, person: Person, more: dict[str, Any]) -> httpx.Response:
        refresh_token = secrets.token_urlsafe(32)
        self.refresh_tokens[refresh_token] = person
        access_token = self.issuer.token(person, "portal", aud=APIS, jti=secrets.token_hex(8))
        tokens = {"access_token": access_token, "refresh_token": refresh_token, "token_type": "Bearer"}
        return httpx.Response(200, json={**tokens, "expires_in": self.expires_in, **more})

    def id_token(self, person: Person, nonce: str) -> str:
        return self.sign(self.id_claims(person, nonce))

    def id_claims(self, person: Person, nonce: str) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": ISSUER,
            "sub": str(person.id),
            "aud": "web",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "name": person.name,
            "role": str(person.role),
            "zoneinfo": "Europe/London",
            "locale": "en",
            "sid": str(person.session_id),
            "auth_time": now,
            "acr": "urn:afterglow:acr:password",
            **self.claims,
        }

    def sign(self, claims: dict[str, Any]) -> str:
        header = {"alg": "ES256", "kid": self.issuer.key.kid, **self.header}
        key = self.signing_key or self.issuer.key
        return jwt.encode(header, claims, key, algorithms=["ES256"])
