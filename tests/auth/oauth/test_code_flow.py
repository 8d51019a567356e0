"""The whole way: authorize, sign in, code, tokens, userinfo, refresh, sign out."""

import httpx
import pytest
from afterglow_auth.accounts.models import Person
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.auth.arranging import ISSUER, Browser, Program, answered, audited, payload


async def test_somebody_signs_in_and_the_client_learns_who(
    browser: Browser, person: Person, web: Program, database: RolledBackDatabase
):
    answer = await browser.sign_in("rowan@example.ORG", web.request())
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{BASE_URL}/callback?")
    given = answered(answer)
    assert (given["iss"], given["state"]) == (ISSUER, "state-of-the-browser")

    redeemed = await browser.client.post("/auth/token", data=web.code_form(given["code"]))
    assert redeemed.status_code == 200, redeemed.text
    tokens = redeemed.json()
    keys = KeySet.import_key_set((await browser.client.get("/auth/jwks")).json())
    access = jwt.decode(tokens["access_token"], keys, algorithms=["ES256"])
    identity = jwt.decode(tokens["id_token"], keys, algorithms=["ES256"])
    assert access.header["typ"] == "at+jwt"
    assert identity.header["typ"] == "JWT"
    assert access.claims["aud"] == [*(f"{BASE_URL}/api/{api}" for api in ("portal", "messaging", "accounts")), ISSUER]
    assert access.claims["sub"] == identity.claims["sub"] == str(person.id)
    assert [one.claims["exp"] - one.claims["iat"] for one in (access, identity)] == [300, 300]
    assert identity.claims["aud"] == "web"
    assert identity.claims["nonce"] == "nonce-of-the-browser"
    assert identity.claims["name"] == "Rowan Hale"
    assert identity.claims["email"] == "Rowan@Example.org"
    assert identity.claims["zoneinfo"] == "Europe/Berlin"
    assert identity.claims["role"] == access.claims["role"] == "client"
    assert identity.claims["sid"] == access.claims["sid"]
    assert len(await audited(database, "sign_in")) == 1
    assert [event.subject_id for event in await audited(database, "oauth_client:authorized")] == [person.id]


async def test_userinfo_says_what_the_scopes_allow(browser: Browser, person: Person, web: Program):
    tokens = await browser.tokens(person.email, web, scope="openid email")
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    for method in ("GET", "POST"):
        claims = (await browser.client.request(method, "/auth/userinfo", headers=bearer)).json()
        assert claims["email"] == person.email
        assert "name" not in claims
    assert (await browser.client.get("/auth/userinfo")).status_code == 401


async def test_refresh_keeps_what_the_sign_in_was(browser: Browser, person: Person, web: Program):
    tokens = await browser.tokens(person.email, web)
    answer = await browser.client.post("/auth/token", data=web.refresh_form(tokens["refresh_token"]))
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    before, after = payload(tokens["access_token"]), payload(answer.json()["access_token"])
    for claim in ("sub", "sid", "auth_time", "acr", "amr", "aud", "scope", "role", "client_id"):
        assert after[claim] == before[claim]
    assert after["jti"] != before["jti"]
    assert answer.json()["refresh_token"] != tokens["refresh_token"]


async def test_a_public_client_signs_people_in_with_pkce_alone(browser: Browser, person: Person, public: Program):
    tokens = await browser.tokens(person.email, public)
    again = await browser.client.post("/auth/token", data=public.refresh_form(tokens["refresh_token"]))
    assert again.status_code == 200


async def test_no_refresh_token_without_offline_access(browser: Browser, person: Person, web: Program):
    tokens = await browser.tokens(person.email, web, scope="openid portal")
    assert "refresh_token" not in tokens


async def test_a_second_client_needs_no_second_sign_in(browser: Browser, person: Person, web: Program, public: Program):
    await browser.tokens(person.email, web)
    answer = await browser.client.get("/auth/authorize", params=public.request())
    assert "code" in answered(answer)


async def test_authorize_by_post_goes_on_as_get(browser: Browser, web: Program):
    answer = await browser.client.post("/auth/authorize", data=web.request())
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/auth/authorize?")


@pytest.mark.parametrize(
    "path", ["/auth/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/auth"]
)
async def test_discovery_uses_the_configured_address(browser: Browser, path: str):
    answer: httpx.Response = await browser.client.get(
        path, headers={"host": "evil.example", "x-forwarded-host": "evil"}
    )
    document = answer.json()
    assert document["issuer"] == ISSUER
    assert "evil" not in answer.text
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"):
        assert document[name].startswith(ISSUER)
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["authorization_response_iss_parameter_supported"] is True
