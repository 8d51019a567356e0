"""Tokens at auth's own APIs: forged, foreign, ended ones are refused."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import disable
from afterglow_auth.main import assemble
from afterglow_auth.oauth.signing_keys import Signer
from afterglow_auth.oauth.tokens import half_hash
from afterglow_auth.sessions.service import end_sessions_of
from afterglow_auth.settings import Settings
from afterglow_foundation.testing.databases import RolledBackDatabase
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.auth.arranging import ISSUER, Browser, Program, Scene, audited, payload


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def header_of(signer: Signer, **changes: Any) -> dict[str, Any]:
    return {"alg": "ES256", "typ": "at+jwt", "kid": signer.key_id} | changes


def mac(signer: Signer, claims: dict[str, Any], key: bytes) -> str:
    head = f"{part(header_of(signer, alg='HS256'))}.{part(claims)}"
    return f"{head}.{base64.urlsafe_b64encode(hmac.digest(key, head.encode(), hashlib.sha256)).rstrip(b'=').decode()}"


def own_key(claims: dict[str, Any]) -> str:
    key = ECKey.generate_key("P-256", {"kid": "mine"})
    header = {"alg": "ES256", "typ": "at+jwt", "kid": "mine", "jwk": key.as_dict(private=False)}
    return jwt.encode(header, claims, key, algorithms=["ES256"])


def known_kid(signer: Signer, claims: dict[str, Any]) -> str:
    return jwt.encode(header_of(signer), claims, ECKey.generate_key("P-256"), algorithms=["ES256"])


Forge = Callable[[Signer, dict[str, Any]], str]
ATTACKS: dict[str, Forge] = {
    "alg none": lambda signer, claims: f"{part(header_of(signer, alg='none'))}.{part(claims)}.",
    "blank signature": lambda signer, claims: signer.sign(claims, "at+jwt").rsplit(".", 1)[0] + ".",
    "HMAC with the public key, PEM": lambda signer, claims: mac(signer, claims, signer.key.as_pem(private=False)),
    "HMAC with the public key, DER": lambda signer, claims: mac(signer, claims, signer.key.as_der(private=False)),
    "HMAC with an empty key": lambda signer, claims: mac(signer, claims, b""),
    "its own jwk": lambda _, claims: own_key(claims),
    "another key under a known id": known_kid,
    "type JWT": lambda signer, claims: signer.sign(claims, "JWT"),
    "list-valued iss": lambda signer, claims: signer.sign(claims | {"iss": [ISSUER]}, "at+jwt"),
    "another issuer": lambda signer, claims: signer.sign(claims | {"iss": "http://localhost:8080"}, "at+jwt"),
    "another audience": lambda signer, claims: signer.sign(claims | {"aud": [f"{ISSUER}/x"]}, "at+jwt"),
    "audience as text": lambda signer, claims: signer.sign(claims | {"aud": " ".join(claims["aud"])}, "at+jwt"),
    "expired": lambda signer, claims: signer.sign(claims | {"exp": int(time.time()) - 1}, "at+jwt"),
    "lives an hour": lambda signer, claims: signer.sign(claims | {"exp": int(time.time()) + 3600}, "at+jwt"),
    "another role": lambda signer, claims: signer.sign(claims | {"role": "root"}, "at+jwt"),
    "subject no id": lambda signer, claims: signer.sign(claims | {"sub": "1 OR 1=1"}, "at+jwt"),
    "empty signatures list": lambda _, claims: json.dumps({"payload": part(claims), "signatures": []}),
}


@pytest.mark.parametrize("forge", ATTACKS.values(), ids=ATTACKS.keys())
async def test_a_forged_token_is_refused(scene: Scene, settings: Settings, forge: Forge):
    browser, person, web, database = scene
    tokens = await browser.tokens(person.email, web)
    signer = await assemble(settings, database).keys.signer()
    forged = forge(signer, payload(tokens["access_token"]))
    for path in ("/api/accounts/me", "/auth/userinfo"):
        answer = await browser.client.get(path, headers={"authorization": f"Bearer {forged}"})
        assert answer.status_code == 401, path


async def test_tokens_serve_their_own_purpose_only(browser: Browser, person: Person, web: Program, service: Program):
    tokens = await browser.tokens(person.email, web)
    acting = {"grant_type": "client_credentials", **service.proof()}
    of_service = (await browser.client.post("/auth/token", data=acting)).json()["access_token"]

    async def status(path: str, token: str) -> int:
        return (await browser.client.get(path, headers={"authorization": f"Bearer {token}"})).status_code

    for path in ("/api/accounts/me", "/auth/userinfo"):
        assert await status(path, tokens["access_token"]) == 200
        assert await status(path, tokens["id_token"]) == 401
        assert await status(path, tokens["refresh_token"]) == 401
        assert await status(path, of_service) == 401
    assert await status("/internal/events/snapshot", tokens["access_token"]) == 401
    assert await status("/internal/events/snapshot", of_service) == 200


async def test_a_token_without_the_scope_is_refused(browser: Browser, person: Person, web: Program):
    portal_only = await browser.tokens(person.email, web, scope="portal")
    bearer = {"authorization": f"Bearer {portal_only['access_token']}"}
    assert (await browser.client.get("/api/accounts/me", headers=bearer)).status_code == 401
    assert (await browser.client.get("/auth/userinfo", headers=bearer)).status_code == 401


async def test_a_token_in_the_query_or_a_cookie_is_none(browser: Browser, person: Person, web: Program):
    token = (await browser.tokens(person.email, web))["access_token"]
    assert (await browser.client.get("/auth/userinfo", params={"access_token": token})).status_code == 401
    assert (await browser.client.get("/api/accounts/me")).status_code == 401  # the session's cookie is there


@pytest.mark.parametrize("ending", [disable, end_sessions_of])
async def test_tokens_of_ended_accounts_and_sessions_are_refused_at_once(
    browser: Browser, person: Person, web: Program, database: RolledBackDatabase, ending: Any
):
    bearer = {"authorization": f"Bearer {(await browser.tokens(person.email, web))['access_token']}"}
    assert (await browser.client.get("/api/accounts/me", headers=bearer)).status_code == 200
    async with database.as_role("auth_worker"), database.sessions() as session, session.begin():
        await ending(session, person.id)
    for path in ("/api/accounts/me", "/auth/userinfo"):
        assert (await browser.client.get(path, headers=bearer)).status_code == 401


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_revoking_either_token_ends_the_authorization(
    browser: Browser, person: Person, web: Program, public: Program, kind: str
):
    tokens = await browser.tokens(person.email, web)
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    for form in ({"token": tokens[kind], **public.proof()}, {"token": "unknown", **web.proof()}):
        assert (await browser.client.post("/auth/revoke", data=form)).status_code == 200
        assert (await browser.client.get("/auth/userinfo", headers=bearer)).status_code == 200
    form = {"token": tokens[kind], **web.proof()}
    assert (await browser.client.post("/auth/revoke", data=form)).status_code == 200
    assert (await browser.client.get("/auth/userinfo", headers=bearer)).status_code == 401
    refreshed = await browser.client.post("/auth/token", data=web.refresh_form(tokens["refresh_token"]))
    assert refreshed.json()["error"] == "invalid_grant"


async def test_no_other_authorization_ends_with_it_older_or_younger(
    browser: Browser, person: Person, web: Program, public: Program
):
    older, revoked, younger = [
        await browser.tokens(person.email, program, prompt="login") for program in (web, public, web)
    ]
    form = {"token": revoked["refresh_token"], **public.proof()}
    assert (await browser.client.post("/auth/revoke", data=form)).status_code == 200
    for tokens, status in ((older, 200), (revoked, 401), (younger, 200)):
        bearer = {"authorization": f"Bearer {tokens['access_token']}"}
        assert (await browser.client.get("/auth/userinfo", headers=bearer)).status_code == status


@pytest.mark.parametrize("scope", ["accounts", "portal", "messaging offline_access", "profile"])
async def test_an_access_token_of_any_api_revokes(
    browser: Browser, person: Person, web: Program, database: RolledBackDatabase, scope: str
):
    """Without `openid` the issuer is not among its audiences."""
    token = (await browser.tokens(person.email, web, scope=scope))["access_token"]
    for sent, ended in ((token[:-4] + "AAAA", 0), (token, 1)):
        form = {"token": sent, **web.proof()}
        assert (await browser.client.post("/auth/revoke", data=form)).status_code == 200
        assert len(await audited(database, "token:revoked")) == ended


async def test_revoking_needs_a_token(browser: Browser, web: Program):
    missing = await browser.client.post("/auth/revoke", data=web.proof())
    assert missing.json()["error"] == "invalid_request"


def test_an_id_token_names_its_access_token_as_the_standard_does():
    """OpenID Connect Core, appendix A.3: a token and its `at_hash`."""
    assert half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"


async def test_an_id_token_is_about_the_access_token_that_came_with_it(
    browser: Browser, person: Person, web: Program, public: Program
):
    first, second = [await browser.tokens(person.email, program, prompt="login") for program in (web, public)]
    hashes = [payload(tokens["id_token"])["at_hash"] for tokens in (first, second)]
    assert hashes == [half_hash(tokens["access_token"]) for tokens in (first, second)]
    assert hashes[0] != hashes[1]
