"""Programs at auth: codes given and exchanged, and tokens asked about."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from afterglow_auth.oauth.introspection import SIGNED_MEDIA_TYPE
from afterglow_foundation.client import ASSERTION_TYPE, client_assertion
from joserfc.jwk import ECKey

from benchmarks.load import Alike, Answer, MakeRequest, request_bytes
from benchmarks.sign_in import REDIRECT_URI, api_tokens, authorization_query, challenge_of, submit_password
from benchmarks.system import System
from benchmarks.ways import INSERT_BEHIND, Way

OK, SEE_OTHER = 200, 303
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def auth_cookie(base_url: str, account: dict[str, str]) -> str:
    """What a browser that has signed in sends to auth, whichever program it is led from next."""
    with httpx.Client(follow_redirects=True) as client:
        page = client.get(f"{base_url}/auth/authorize", params=authorization_query(challenge_of("x" * 43)))
        client.follow_redirects = False
        submit_password(client, page, account)
        return "; ".join(f"{name}={value}" for name, value in client.cookies.items() if name.endswith("auth"))


@dataclass
class CodeFlow:
    """A program whose person is signed in already: one request for a code, one that exchanges it; both are the unit."""

    base_url: str
    cookie: str
    verifier: str = ""
    code: str = ""

    def request(self) -> bytes:
        host = urlsplit(self.base_url).netloc
        if self.code:
            return request_bytes("POST", "/auth/token", host, FORM, urlencode(self._redeemed()).encode())
        self.verifier = secrets.token_urlsafe(48)
        query = urlencode(authorization_query(challenge_of(self.verifier)))
        return request_bytes("GET", f"/auth/authorize?{query}", host, {"Cookie": self.cookie})

    def answered(self, answer: Answer) -> bool:
        exchanged = bool(self.code)
        self.code = "" if exchanged else parse_qs(urlsplit(answer.header("location")).query)["code"][0]
        return exchanged

    def _redeemed(self) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "code": self.code,
            "code_verifier": self.verifier,
            "client_id": "demo-public",
            "redirect_uri": REDIRECT_URI,
        }


def introspections(system: System, token: str, accept: Mapping[str, str]) -> MakeRequest:
    """Portal asks about a token that is for it, each time with a new assertion."""
    host = urlsplit(system.base_url).netloc
    key = ECKey.import_key(json.loads(system.secret("portal", "afterglow_client_private_key")))

    def make() -> bytes:
        assertion = client_assertion("portal", key, f"{system.base_url}/auth")
        form = {"token": token, "client_assertion": assertion, "client_assertion_type": ASSERTION_TYPE}
        return request_bytes("POST", "/auth/introspect", host, {**FORM, **accept}, urlencode(form).encode())

    return make


def ways(system: System) -> list[Way]:
    account, url = system.account("client", 2), system.base_url
    cookie, token = auth_cookie(url, account), api_tokens(url, account)["access_token"]
    plain = introspections(system, token, {})
    signed = introspections(system, token, {"Accept": SIGNED_MEDIA_TYPE})
    return [
        Way("code given and exchanged", url, lambda: CodeFlow(url, cookie), (OK, SEE_OTHER), INSERT_BEHIND),
        Way("introspection", url, lambda: Alike(plain), (OK,), INSERT_BEHIND),
        Way("introspection, signed", url, lambda: Alike(signed), (OK,), INSERT_BEHIND),
    ]
