"""Sign in to the demonstration as a program would, for an API token, and as a browser would, for a session."""

import base64
import hashlib
import secrets
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from afterglow_foundation.testing.proofs import KeyHolder
from bs4 import BeautifulSoup

from benchmarks.second_step import next_code

REDIRECT_URI = "http://127.0.0.1:8765/callback"
SCOPES = "openid offline_access portal messaging accounts"


@dataclass(frozen=True)
class BrowserSession:
    """What a signed-in browser sends: its cookies, and the fields of the check-in form."""

    cookie: str
    form: dict[str, str]


def hidden_fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that posts to `action`."""
    inputs = BeautifulSoup(page, "html5lib").select(f'form[action="{action}"] input[type=hidden]')
    if not inputs:
        raise LookupError(f"no form posts to {action}")
    return {str(field["name"]): str(field.get("value", "")) for field in inputs}


def submit_password(client: httpx.Client, page: httpx.Response, account: dict[str, str]) -> httpx.Response:
    """Fill in the sign-in page, and the second step where the account has an app's `secret`; return the answer.

    As the client is set, it is followed or not.
    """
    fields = hidden_fields(page.text, "/auth/sign-in")
    fields |= {"email": account["email"], "password": account["password"]}
    answer = client.post(page.url.join("/auth/sign-in"), data=fields, headers={"Origin": origin_of(page)})
    return submit_code(client, answer, account["secret"]) if account.get("secret") else answer


def submit_code(client: httpx.Client, answer: httpx.Response, secret: str) -> httpx.Response:
    page = client.get(answer.url.join("/auth/sign-in/second"))
    fields = hidden_fields(page.text, "/auth/sign-in/second") | {"code": next_code(secret)}
    return client.post(page.url, data=fields, headers={"Origin": origin_of(page)})


def origin_of(page: httpx.Response) -> str:
    return f"{page.url.scheme}://{page.url.netloc.decode()}"


def challenge_of(verifier: str) -> str:
    """The S256 code challenge of a PKCE verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def authorization_query(challenge: str) -> dict[str, str]:
    """What the demonstration's public client asks the authorization endpoint."""
    return {
        "response_type": "code",
        "client_id": "demo-public",
        "redirect_uri": REDIRECT_URI,
        "scope": SCOPES,
        "state": secrets.token_urlsafe(16),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }


def api_tokens(
    base_url: str, account: dict[str, str], trust: ssl.SSLContext | bool = True, key: KeyHolder | None = None
) -> dict[str, Any]:
    """The token answer of a code flow with PKCE, as the demonstration's public client; bound to a `key`, if it has one.

    With a key it holds `nonce` besides, for the next proof.
    """
    verifier = secrets.token_urlsafe(48)
    with httpx.Client(follow_redirects=True, verify=trust) as client:
        page = client.get(f"{base_url}/auth/authorize", params=authorization_query(challenge_of(verifier)))
        client.follow_redirects = False
        answer = submit_password(client, page, account)
        while not answer.headers["location"].startswith(REDIRECT_URI):
            answer = client.get(page.url.join(answer.headers["location"]))
        code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
        redeemed = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        redeemed |= {"client_id": "demo-public", "redirect_uri": REDIRECT_URI}
        tokens = client.post(f"{base_url}/auth/token", data=redeemed, headers=proof(base_url, key))
        if nonce := tokens.headers.get("dpop-nonce"):
            tokens = client.post(f"{base_url}/auth/token", data=redeemed, headers=proof(base_url, key, nonce))
        tokens.raise_for_status()
        answered: dict[str, Any] = tokens.json()
        return answered | ({"nonce": nonce} if nonce else {})


def proof(base_url: str, key: KeyHolder | None, nonce: str | None = None) -> dict[str, str]:
    """The header by which a request to the token endpoint proves a key (RFC 9449), if there is one."""
    return {"DPoP": key.proof("POST", f"{base_url}/auth/token", nonce=nonce)} if key else {}


def web_cookie(base_url: str, account: dict[str, str]) -> str:
    """Sign in through web and return the cookie of the session, whatever page comes first."""
    with httpx.Client(follow_redirects=True) as client:
        submit_password(client, client.get(f"{base_url}/sign-in"), account)
        return cookie_of(client)


def cookie_of(client: httpx.Client) -> str:
    return "; ".join(f"{name}={value}" for name, value in client.cookies.items() if name.endswith("web"))


def browser_session(base_url: str, account: dict[str, str]) -> BrowserSession:
    """Sign a client in through web, make the standing choice if it is asked, and return the check-in form."""
    with httpx.Client(follow_redirects=True) as client:
        page = client.get(f"{base_url}/sign-in")
        page = submit_password(client, page, account)
        if page.url.path == "/welcome":
            chosen = hidden_fields(page.text, "/welcome") | {"check_ins": "therapist", "journal": "only_me"}
            client.post(f"{base_url}/welcome", data=chosen, headers={"Origin": base_url})
        page = client.get(f"{base_url}/")
        return BrowserSession(cookie_of(client), hidden_fields(page.text, "/check-ins"))
