"""Token exchange: a service goes on to another API for the person who called it, and for nobody and nothing else."""

import asyncio
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import disable
from afterglow_auth.main import assemble, create
from afterglow_auth.oauth.models import OAuthClient
from afterglow_auth.oauth.token_exchange import ACCESS_TOKEN
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.service import end_sessions_of
from afterglow_auth.settings import Settings
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL, TestIssuer
from afterglow_foundation.testing.people import Person as Somebody
from fastapi import FastAPI
from sqlalchemy import update
from sqlmodel import col

from tests.auth.arranging import FEWER_ROUNDS, FORM, Browser, Program, Scene, add_person, audited, open_browser, payload
from tests.auth.oauth.test_dpop import TOKEN, nonce_of
from tests.foundation.forgeries import FORGED, MISUSED, OF_PERSONS
from tests.foundation.forging import Forger

AT_ONCE = 20
PORTAL, MESSAGING, ACCOUNTS = (f"{BASE_URL}/api/{api}" for api in ("portal", "messaging", "accounts"))


def exchanging(**changes: Any) -> Program:
    return Program("portal", kind="service", scopes="security_events", exchange_scopes="messaging accounts", **changes)


@pytest_asyncio.fixture(loop_scope="session")
async def portal(database: RolledBackDatabase) -> Program:
    """A service that may go on to the two others."""
    async with database.arrange() as session:
        return await exchanging().register(session)


async def shown(scene: Scene, program: Program | None = None, **changes: str) -> str:
    """The access token with which the service was called, of a sign-in of its own."""
    scene.browser.client.cookies.clear()
    return str((await scene.browser.tokens(scene.person.email, program or scene.web, **changes))["access_token"])


async def exchanged(browser: Browser, form: dict[str, str]) -> dict[str, Any]:
    answer = await browser.client.post(TOKEN, data=form)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), answer.text
    return dict(answer.json())


async def refusal(browser: Browser, form: dict[str, str], **headers: str) -> str:
    answer = await browser.client.post(TOKEN, data=form, headers=headers)
    assert answer.status_code == (401 if answer.json().get("error") == "invalid_client" else 400), answer.text
    return str(answer.json()["error"])


async def status(browser: Browser, token: str) -> int:
    bearer = {"authorization": f"Bearer {token}"}
    return (await browser.client.get("/api/accounts/me", headers=bearer)).status_code


async def test_the_same_person_at_another_api_in_the_services_hands(scene: Scene, portal: Program):
    token = await shown(scene)
    answer = await exchanged(scene.browser, portal.exchange_form(token))
    assert set(answer) == {"access_token", "issued_token_type", "token_type", "expires_in", "scope"}
    assert (answer["issued_token_type"], answer["token_type"], answer["scope"]) == (ACCESS_TOKEN, "Bearer", "messaging")
    before, after = payload(token), payload(answer["access_token"])
    same = ("iss", "sub", "role", "sid", "auth_time", "acr", "amr")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert after["jti"].partition(".")[0] == before["jti"].partition(".")[0]
    assert after["jti"] != before["jti"]
    own = {"aud": [MESSAGING], "scope": "messaging", "client_id": "portal", "act": {"sub": "portal"}}
    assert {name: after[name] for name in own} == own
    assert set(after) == set(before) | {"act"}
    (event,) = await audited(scene.database, "token:exchanged")
    assert (event.subject_id, event.purpose, event.outcome) == (scene.person.id, "portal messaging", "success")
    assert str(event.object_id) == after["jti"].partition(".")[0]


@pytest.mark.parametrize(
    "asked",
    [
        {"audience": "accounts"},
        {"audience": "", "resource": ACCOUNTS},
        {"audience": "accounts", "resource": ACCOUNTS, "scope": "accounts"},
        {"audience": "accounts", "requested_token_type": ACCESS_TOKEN},
        {"audience": "accounts", "requested_subject": str(new_id()), "sub": str(new_id())},
    ],
    ids=["by name", "by address", "by both and its scope", "of the type there is", "with what nobody knows"],
)
async def test_the_api_is_named_in_either_way(scene: Scene, portal: Program, asked: dict[str, str]):
    answer = await exchanged(scene.browser, portal.exchange_form(await shown(scene), **asked))
    assert (answer["scope"], payload(answer["access_token"])["aud"]) == ("accounts", [ACCOUNTS])
    bearer = {"authorization": f"Bearer {answer['access_token']}"}
    me = await scene.browser.client.get("/api/accounts/me", headers=bearer)
    assert (me.status_code, me.json()["id"]) == (200, str(scene.person.id))
    assert (await scene.browser.client.get("/auth/userinfo", headers=bearer)).status_code == 401


async def test_it_is_over_when_the_token_shown_is(scene: Scene, portal: Program, settings: Settings):
    signer = await assemble(settings, scene.database).keys.signer()
    soon = int(time.time()) + 30
    old = signer.sign(payload(await shown(scene)) | {"iat": soon - 300, "exp": soon}, "at+jwt")
    answer = await exchanged(scene.browser, portal.exchange_form(old))
    claims = payload(answer["access_token"])
    assert claims["exp"] == soon
    assert 0 <= answer["expires_in"] - (soon - claims["iat"]) <= 1  # a second may pass between the two


@pytest.mark.parametrize(
    ("error", "asked"),
    [
        ("invalid_request", {"actor_token": "x"}),
        ("invalid_request", {"actor_token_type": ACCESS_TOKEN}),
        ("invalid_request", {"subject_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}),
        ("invalid_request", {"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"}),
        ("invalid_request", {"subject_token_type": "urn:ietf:params:oauth:token-type:jwt"}),
        ("invalid_request", {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}),
        ("invalid_request", {"requested_token_type": "urn:ietf:params:oauth:token-type:id_token"}),
        ("invalid_request", {"audience": ""}),
        ("invalid_target", {"audience": "portal"}),
        ("invalid_target", {"audience": "payments"}),
        ("invalid_target", {"audience": MESSAGING}),
        ("invalid_target", {"audience": "messaging accounts"}),
        ("invalid_target", {"resource": ACCOUNTS}),
        ("invalid_target", {"resource": f"{MESSAGING}/"}),
        ("invalid_target", {"audience": "", "resource": f"{MESSAGING} {ACCOUNTS}"}),
        ("invalid_target", {"audience": "", "resource": f"{BASE_URL}/auth"}),
        ("invalid_scope", {"scope": "messaging accounts"}),
        ("invalid_scope", {"scope": "accounts"}),
        ("invalid_scope", {"scope": "accounts messaging"}),
        ("invalid_scope", {"scope": "openid"}),
        ("invalid_scope", {"scope": "messaging offline_access"}),
    ],
)
async def test_what_is_not_offered_is_refused_by_name(scene: Scene, portal: Program, error: str, asked: dict[str, str]):
    assert await refusal(scene.browser, portal.exchange_form(await shown(scene), **asked)) == error


@pytest.mark.parametrize("name", ["audience", "subject_token", "subject_token_type", "scope"])
async def test_said_twice_is_said_in_no_way(scene: Scene, portal: Program, name: str):
    form = portal.exchange_form(await shown(scene), scope="messaging")
    twice = [*form.items(), (name, form[name])]
    answer = await scene.browser.client.post(TOKEN, content=urlencode(twice), headers=FORM)
    assert answer.json()["error"] == "invalid_request"


async def test_only_a_service_that_is_registered_for_it(scene: Scene, portal: Program, public: Program, app: FastAPI):
    token, database = await shown(scene), scene.database
    async with database.arrange() as session:
        messaging = await Program("messaging", kind="service", scopes="security_events").register(session)
    for program in (scene.web, public, messaging):
        assert await refusal(scene.browser, program.exchange_form(token)) == "unauthorized_client"
    assert await refusal(scene.browser, portal.exchange_form(token, client_id="web")) == "invalid_client"
    assert await audited(database, "token:exchanged") == []
    async with database.arrange() as session:
        await session.execute(update(OAuthClient).values(disabled_at=OAuthClient.created_at))
    app.state.provider.clients._known.clear()
    assert await refusal(scene.browser, portal.exchange_form(token)) == "invalid_client"


async def test_no_wider_than_what_the_person_allowed_their_program(scene: Scene, portal: Program):
    """Neither than its scope, nor than the resources that the request named; a token narrowed later is no limit."""
    for changes in ({"scope": "openid portal"}, {"resource": PORTAL}):
        token = await shown(scene, **changes)
        assert await refusal(scene.browser, portal.exchange_form(token)) == "invalid_target"
    scene.browser.client.cookies.clear()
    code = await scene.browser.code(scene.person.email, scene.web)
    narrow = await scene.browser.client.post(TOKEN, data=scene.web.code_form(code, resource=PORTAL))
    assert payload(narrow.json()["access_token"])["aud"] == [PORTAL]
    await exchanged(scene.browser, portal.exchange_form(narrow.json()["access_token"]))


async def test_not_a_token_for_another_service_nor_one_that_was_exchanged(scene: Scene, portal: Program):
    async with scene.database.arrange() as session:
        messaging = Program("messaging", kind="service", scopes="security_events", exchange_scopes="portal accounts")
        await messaging.register(session)
    elsewhere = await shown(scene, scope="openid messaging")
    assert await refusal(scene.browser, portal.exchange_form(elsewhere, audience="accounts")) == "invalid_request"
    once = (await exchanged(scene.browser, portal.exchange_form(await shown(scene))))["access_token"]
    for service in (messaging, portal):
        assert await refusal(scene.browser, service.exchange_form(once, audience="accounts")) == "invalid_request"


async def test_a_refused_exchange_has_used_its_assertion_and_its_proof_up(scene: Scene, portal: Program):
    """Whoever finds them in a log has nothing to try again with."""
    token = await shown(scene)
    for wrong in ({"audience": "payments"}, {"subject_token": "x"}, {"scope": "openid"}):
        form = portal.exchange_form(token)
        assert await refusal(scene.browser, form | wrong) != "invalid_client"
        assert await refusal(scene.browser, form) == "invalid_client"
    proof = {"dpop": portal.holder.proof("POST", TOKEN, nonce=await nonce_of(scene.browser, portal))}
    assert await refusal(scene.browser, portal.exchange_form("x"), **proof) == "invalid_request"
    assert await refusal(scene.browser, portal.exchange_form(token), **proof) == "invalid_dpop_proof"


async def test_other_tokens_are_not_exchanged(scene: Scene, portal: Program):
    tokens = await scene.browser.tokens(scene.person.email, scene.web)
    acting = {"grant_type": "client_credentials", **portal.proof()}
    own = (await scene.browser.client.post(TOKEN, data=acting)).json()["access_token"]
    for token in (tokens["refresh_token"], tokens["id_token"], own, portal.assertion(), "x"):
        assert await refusal(scene.browser, portal.exchange_form(token)) == "invalid_request"
    (kept,) = await audited(scene.database, "token:exchanged")  # one a minute
    assert (kept.subject_id, kept.purpose, kept.outcome) == (None, "portal", "refused")


@pytest.mark.parametrize("ending", ["account", "session", "idle", "revocation"])
async def test_nothing_once_what_the_token_rests_on_has_ended(scene: Scene, portal: Program, ending: str):
    """And what was given before ends with it."""
    token = await shown(scene)
    before = (await exchanged(scene.browser, portal.exchange_form(token, audience="accounts")))["access_token"]
    assert await status(scene.browser, before) == 200
    if ending == "revocation":
        await scene.browser.client.post("/auth/revoke", data={"token": token, **scene.web.proof()})
    else:
        async with scene.database.arrange() as session:
            if ending == "idle":
                earlier = col(Session.last_seen_at) - timedelta(days=40)
                await session.execute(update(Session).values(last_seen_at=earlier))
            else:
                await (disable if ending == "account" else end_sessions_of)(session, scene.person.id)
    assert await refusal(scene.browser, portal.exchange_form(token)) == "invalid_request"
    assert await status(scene.browser, before) == 401


async def test_a_token_that_is_bound_to_its_holders_key_is_nobody_elses(scene: Scene, portal: Program):
    browser, person, web, _ = scene
    code = await browser.code(person.email, web)
    proof = {"dpop": web.holder.proof("POST", TOKEN, nonce=await nonce_of(browser, web))}
    bound = await browser.client.post(TOKEN, data=web.code_form(code), headers=proof)
    assert bound.json()["token_type"] == "DPoP"
    assert await refusal(browser, portal.exchange_form(bound.json()["access_token"])) == "invalid_request"


async def test_a_service_may_bind_what_it_gets_to_a_key_of_its_own(scene: Scene, portal: Program):
    token = await shown(scene)
    proof = {"dpop": portal.holder.proof("POST", TOKEN, nonce=await nonce_of(scene.browser, portal))}
    answer = await scene.browser.client.post(TOKEN, data=portal.exchange_form(token), headers=proof)
    assert answer.json()["token_type"] == "DPoP"
    assert payload(answer.json()["access_token"])["cnf"] == {"jkt": portal.holder.jkt}
    assert await refusal(scene.browser, portal.exchange_form(token), **proof) == "invalid_dpop_proof"


async def test_those_whom_it_concerns_hear_what_it_says(scene: Scene, portal: Program):
    token = (await exchanged(scene.browser, portal.exchange_form(await shown(scene))))["access_token"]
    for program, active in ((portal, True), (scene.web, False)):
        asked = {"token": token, **program.proof()}
        answer = (await scene.browser.client.post("/auth/introspect", data=asked)).json()
        assert answer == ({"active": True, "token_type": "Bearer", **payload(token)} if active else {"active": False})


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
async def test_no_forged_token_is_exchanged(scene: Scene, portal: Program, settings: Settings, record_property: Any):
    """The list that every resource server refuses, each made of a token that would be exchanged."""
    issuer = TestIssuer()
    asked = payload(await shown(scene))
    forger = Forger(issuer, Somebody(Role.client, "Rowan", scene.person.id), asked)
    cases = {**FORGED, **MISUSED, **OF_PERSONS}
    async with open_browser(create(settings, database=scene.database, keys=issuer.keys())) as client:
        browser = Browser(client)
        await exchanged(browser, portal.exchange_form(forger.valid))
        taken = [
            name
            for name, forge in cases.items()
            if await refusal(browser, portal.exchange_form(forge(forger))) != "invalid_request"
        ]
    assert taken == []
    assert len(cases) >= 60
    record_property("counted", f"forged access tokens, exchanged: {len(cases)}, none taken")


async def test_of_twenty_at_once_with_one_assertion_one_is_answered(
    committed_app: FastAPI, committed_superuser: Database
):
    """The token shown may be exchanged again while it holds; the assertion that proves the service counts once."""
    for _ in range(FEWER_ROUNDS):
        async with committed_superuser.sessions() as session, session.begin():
            person: Person = await add_person(session)
            program = await Program(f"racing-{new_id().hex}").register(session)
            portal = await exchanging().register(session)
        committed_app.state.provider.clients._known.clear()
        async with open_browser(committed_app) as client:
            token = (await Browser(client).tokens(person.email, program))["access_token"]
            form = portal.exchange_form(token)
            answers = await asyncio.gather(*(client.post(TOKEN, data=form) for _ in range(AT_ONCE)))
        errors = sorted(answer.json().get("error", "answered") for answer in answers)
        assert errors == ["answered"] + ["invalid_client"] * (AT_ONCE - 1)


async def test_revoking_what_only_time_ends_is_refused(scene: Scene, portal: Program):
    """RFC 7009 §2.2.1: an exchanged token and a service's own. The person's program takes back all that it gave."""
    made = await exchanged(scene.browser, portal.exchange_form(await shown(scene)))
    own = await exchanged(scene.browser, {"grant_type": "client_credentials", **portal.proof()})
    for token in (made["access_token"], own["access_token"]):
        answer = await scene.browser.client.post("/auth/revoke", data={"token": token, **portal.proof()})
        assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_token_type")
    assert await audited(scene.database, "token:revoked") == []
    for token in (own["access_token"], made["access_token"]):
        answer = await scene.browser.client.post("/auth/revoke", data={"token": token, **scene.web.proof()})
        assert (answer.status_code, answer.json()) == (200, {})
    assert len(await audited(scene.database, "token:revoked")) == 1
