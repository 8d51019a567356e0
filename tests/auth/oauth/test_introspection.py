"""Introspection: those whom a token concerns hear what it says while it holds, anybody else that it is not active."""

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from afterglow_auth.accounts.service import disable
from afterglow_auth.digests import new_secret
from afterglow_auth.oauth.accepting import prefers
from afterglow_auth.oauth.introspection import SIGNED_MEDIA_TYPE
from afterglow_auth.oauth.models import RefreshToken
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.service import end_sessions_of
from afterglow_foundation.testing.databases import RolledBackDatabase
from joserfc import jws, jwt
from joserfc.jwk import KeySet
from sqlalchemy import update
from sqlmodel import col

from tests.auth.arranging import ISSUER, Browser, Program, Scene, audited, payload

INACTIVE = {"active": False}


@pytest_asyncio.fixture(loop_scope="session")
async def messaging(database: RolledBackDatabase) -> Program:
    """The other service with an API of its own."""
    async with database.arrange() as session:
        return await Program("messaging", kind="service", scopes="security_events live").register(session)


async def ask(browser: Browser, program: Program, token: str, **form: str) -> dict[str, Any]:
    answer = await browser.client.post("/auth/introspect", data={"token": token, **program.proof(), **form})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return dict(answer.json())


async def test_a_client_hears_everything_about_its_own_access_token(scene: Scene):
    browser, person, web, database = scene
    tokens = await browser.tokens(person.email, web)
    for hint in ("access_token", "refresh_token", "something"):
        found = await ask(browser, web, tokens["access_token"], token_type_hint=hint)
        assert found == {"active": True, "token_type": "Bearer", **payload(tokens["access_token"])}
    events = await audited(database, "token:introspected")
    named = payload(tokens["access_token"])["jti"].partition(".")[0]
    assert {(str(event.object_id), event.subject_id, event.purpose) for event in events} == {(named, person.id, "web")}


async def test_a_service_hears_about_tokens_that_are_for_its_api(scene: Scene, service: Program, messaging: Program):
    browser, person, web, _ = scene
    assert service.client_id == "portal"
    tokens = await browser.tokens(person.email, web, scope="openid portal offline_access")
    found = await ask(browser, service, tokens["access_token"])
    assert (found["active"], found["sub"], found["client_id"]) == (True, str(person.id), "web")
    assert await ask(browser, messaging, tokens["access_token"]) == INACTIVE
    for unconcerned in (service, messaging):
        assert await ask(browser, unconcerned, tokens["refresh_token"]) == INACTIVE


@pytest.mark.parametrize("kind", ["confidential", "service"])
async def test_only_a_service_hears_what_is_for_the_api_of_its_name(
    scene: Scene, database: RolledBackDatabase, kind: str
):
    async with database.arrange() as session:
        named = await Program(
            "messaging", kind=kind, scopes="security_events" if kind == "service" else "openid"
        ).register(session)
    token = (await scene.browser.tokens(scene.person.email, scene.web))["access_token"]
    assert (await ask(scene.browser, named, token))["active"] == (kind == "service")


async def test_another_client_hears_nothing(scene: Scene):
    browser, person, web, database = scene
    async with database.arrange() as session:
        other = await Program("other").register(session)
    tokens = await browser.tokens(person.email, web)
    for token in (tokens["access_token"], tokens["refresh_token"], tokens["id_token"]):
        assert await ask(browser, other, token) == INACTIVE
    assert await audited(database, "token:introspected") == []


async def test_a_refresh_token_is_active_until_it_is_exchanged(scene: Scene):
    browser, person, web, _ = scene
    tokens = await browser.tokens(person.email, web)
    found = await ask(browser, web, tokens["refresh_token"])
    sid = payload(tokens["access_token"])["sid"]
    iat = found.pop("iat")
    assert found == {
        "active": True,
        "iss": ISSUER,
        "sub": str(person.id),
        "client_id": "web",
        "scope": web.scopes,
        "sid": sid,
    }
    assert abs(iat - payload(tokens["access_token"])["iat"]) <= 1
    following = await browser.client.post("/auth/token", data=web.refresh_form(tokens["refresh_token"]))
    assert await ask(browser, web, tokens["refresh_token"]) == INACTIVE
    assert (await ask(browser, web, following.json()["refresh_token"]))["active"]


@pytest.mark.parametrize("ending", ["account", "session", "idle", "revocation", "reuse"])
async def test_whatever_ends_the_sign_in_ends_both_at_once(scene: Scene, service: Program, ending: str):
    browser, person, web, database = scene
    tokens = await browser.tokens(person.email, web)
    assert (await ask(browser, service, tokens["access_token"]))["active"]
    if ending == "revocation":
        await browser.client.post("/auth/revoke", data={"token": tokens["refresh_token"], **web.proof()})
    elif ending == "reuse":
        await browser.client.post("/auth/token", data=web.refresh_form(tokens["refresh_token"]))
        async with database.arrange() as session:
            earlier = col(RefreshToken.used_at) - timedelta(seconds=11)
            await session.execute(update(RefreshToken).values(used_at=earlier))
        await browser.client.post("/auth/token", data=web.refresh_form(tokens["refresh_token"]))
    else:
        async with database.arrange() as session:
            if ending == "idle":
                earlier = col(Session.last_seen_at) - timedelta(days=40)
                await session.execute(update(Session).values(last_seen_at=earlier))
            else:
                await (disable if ending == "account" else end_sessions_of)(session, person.id)
    for program, token in ((service, "access_token"), (web, "access_token"), (web, "refresh_token")):
        assert await ask(browser, program, tokens[token]) == INACTIVE


async def test_a_services_own_token_is_its_own_affair(browser: Browser, service: Program, messaging: Program):
    form = {"grant_type": "client_credentials", **service.proof()}
    own = (await browser.client.post("/auth/token", data=form)).json()["access_token"]
    found = await ask(browser, service, own)
    assert (found["active"], found["sub"], found["scope"]) == (True, "portal", "security_events")
    assert await ask(browser, messaging, own) == INACTIVE


@pytest.mark.parametrize("token", ["x", "a.b.c", "\N{SNOWMAN}", "x" * 20_000, "eyJhbGciOiJub25lIn0.e30."])
async def test_what_is_no_token_of_ours_is_not_active(browser: Browser, web: Program, token: str):
    assert await ask(browser, web, token) == INACTIVE


async def test_the_answer_is_signed_for_who_asks_for_that(scene: Scene):
    browser, person, web, _ = scene
    tokens = await browser.tokens(person.email, web)
    keys = KeySet.import_key_set((await browser.client.get("/auth/jwks")).json())
    headers = {"accept": "application/token-introspection+jwt"}
    for token in (tokens["access_token"], "unknown"):
        form = {"token": token, **web.proof()}
        answer = await browser.client.post("/auth/introspect", data=form, headers=headers)
        assert answer.headers["content-type"] == "application/token-introspection+jwt"
        assert jws.extract_compact(answer.content).headers()["typ"] == "token-introspection+jwt"
        claims = jwt.decode(answer.text, keys, algorithms=["ES256"]).claims
        assert set(claims) == {"iss", "aud", "iat", "token_introspection"}
        assert (claims["iss"], claims["aud"]) == (ISSUER, "web")
        assert claims["token_introspection"]["active"] == (token != "unknown")
        as_bearer = {"authorization": f"Bearer {answer.text}"}
        assert (await browser.client.get("/auth/userinfo", headers=as_bearer)).status_code == 401


@pytest.mark.parametrize(
    ("accept", "is_signed"),
    [
        ("application/token-introspection+jwt;q=0.5", True),
        ("application/token-introspection+jwt, application/json", True),
        ("application/json;q=0.9, Application/Token-Introspection+JWT ; Q=0.9", True),
        ("application/token-introspection+jwt, */*;q=0.1", True),
        ("application/token-introspection+jwt;q=0.5, application/json", False),
        ("application/token-introspection+jwt;q=0.5, application/*", False),
        ("application/token-introspection+jwt;q=0.5, */*", False),
        ("application/token-introspection+jwt;q=0.5, */*, application/json;q=0.1", True),
        ("application/token-introspection+jwt;q=0", False),
        ("application/token-introspection+jwt;q=2", False),
        ("application/token-introspection+jwt;q=x, text/html", False),
        ("application/token-introspection+jwtx", False),
        ("application/*, */*", False),
        ("", False),
        (",;q=1,;", False),
    ],
)
def test_signed_is_what_was_named_and_liked_as_well(accept: str, is_signed: bool):
    assert prefers(accept, SIGNED_MEDIA_TYPE, "application/json") is is_signed


async def test_whoever_likes_plain_better_gets_it_plain(browser: Browser, web: Program):
    headers = {"accept": "application/token-introspection+jwt;q=0.1, application/json"}
    answer = await browser.client.post("/auth/introspect", data={"token": "x", **web.proof()}, headers=headers)
    assert answer.json() == INACTIVE


async def test_who_asks_must_prove_itself(scene: Scene, public: Program):
    browser, person, web, database = scene
    token = (await browser.tokens(person.email, web))["access_token"]
    for proof in ({}, {"client_id": "web"}, public.proof()):
        answer = await browser.client.post("/auth/introspect", data={"token": token, **proof})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    secret = new_secret()
    async with database.arrange() as session:
        keeper = await Program("keeper", secret=secret).register(session)
    answer = await browser.client.post("/auth/introspect", data={"token": token}, auth=("keeper", secret))
    assert (keeper.method, answer.json()) == ("client_secret_basic", INACTIVE)
    once = web.proof()
    assert (await browser.client.post("/auth/introspect", data={"token": token, **once})).status_code == 200
    again = await browser.client.post("/auth/introspect", data={"token": token, **once})
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
    assert (await browser.client.post("/auth/introspect", data=web.proof())).json()["error"] == "invalid_request"
