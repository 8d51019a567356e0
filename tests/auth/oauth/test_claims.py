"""The `claims` parameter: claims by name, where they were asked for, and only what somebody allowed."""

import json
from typing import Any

import pytest
import pytest_asyncio
from afterglow_auth.oauth.models import OAuthClient
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.proof import MFA_ACR, PASSWORD_ACR
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from bs4 import BeautifulSoup
from fastapi import FastAPI
from sqlalchemy import update
from sqlmodel import col

from tests.auth.arranging import CONSENT, Browser, Program, Scene, add_person, answered, payload

OFFERED = {"email", "locale", "name", "zoneinfo"}


def asked(userinfo: Any = None, id_token: Any = None) -> str:
    places = {"userinfo": userinfo, "id_token": id_token}
    return json.dumps({place: names for place, names in places.items() if names is not None})


@pytest_asyncio.fixture(loop_scope="session")
async def diary(database: RolledBackDatabase) -> Program:
    """A program of others, registered for a person's address, not for their name."""
    async with database.arrange() as session:
        others = Program("diary", "https://diary.example/callback", scopes="openid email portal", built_in=False)
        return await others.register(session)


async def told(browser: Browser, token: str) -> dict[str, Any]:
    """What userinfo says of a person, of what it need not say of everybody."""
    answer = await browser.client.get("/auth/userinfo", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return {name: value for name, value in answer.json().items() if name in OFFERED}


async def refusal(browser: Browser, program: Program, **changes: str) -> str:
    return answered(await browser.client.get("/auth/authorize", params=program.request(**changes))).get("error", "")


@pytest.mark.parametrize("pushed", [False, True])
async def test_each_claim_stands_where_it_was_asked_for_and_brings_no_other(scene: Scene, pushed: bool):
    browser, person, web, _ = scene
    wanted = {"scope": "openid offline_access"}
    wanted["claims"] = asked({"name": {"essential": True}, "nickname": None}, {"email": None, "phone": {"value": 1}})
    request = await browser.push(web, **wanted) if pushed else web.request(**wanted)
    code = answered(await browser.sign_in(person.email, request))["code"]
    tokens = (await browser.client.post("/auth/token", data=web.code_form(code))).json()
    assert tokens["scope"] == "openid offline_access"
    named = payload(tokens["id_token"])
    assert {name: named[name] for name in OFFERED & named.keys()} == {"email": person.email}
    assert await told(browser, tokens["access_token"]) == {"name": person.name}
    again = await browser.client.post("/auth/token", data=web.refresh_form(tokens["refresh_token"]))
    assert await told(browser, again.json()["access_token"]) == {"name": person.name}


async def test_scopes_and_names_add_up_and_without_openid_there_is_nothing_to_ask(scene: Scene):
    browser, person, web, _ = scene
    tokens = await browser.tokens(person.email, web, scope="openid email", claims=asked({"zoneinfo": None}))
    assert await told(browser, tokens["access_token"]) == {"email": person.email, "zoneinfo": person.time_zone}
    browser.client.cookies.clear()
    tokens = await browser.tokens(person.email, web, scope="portal", claims=asked({"name": None}, {"name": None}))
    assert "id_token" not in tokens


@pytest.mark.parametrize(
    "claims",
    [
        *("x", "[]", "null", "1", '"name"', "{", "{}{}", '{"userinfo": []}', '{"userinfo": null}', '{"id_token": "x"}'),
        *('{"userinfo": {"name": true}}', '{"userinfo": {"name": []}}', '{"userinfo": {"name": "Rowan"}}'),
        *('{"userinfo": {"name": {"essential": "yes"}}}', '{"userinfo": {"name": {"essential": 1}}}'),
        *('{"userinfo": {"name": {"values": "x"}}}', '{"userinfo": {}, "userinfo": {}}', '{"x": NaN}'),
        *('{"id_token": {"acr": {"values": [1]}}}', '{"userinfo": {"sub": {"value": {}}}}', "[" * 1_500),
        pytest.param(json.dumps({"userinfo": {"x" * 2_048: None}}), id="long"),
    ],
)
async def test_what_is_no_request_for_claims_is_refused(scene: Scene, claims: str):
    browser, _, web, _ = scene
    pushed = await browser.client.post("/auth/par", data=web.pushed(claims=claims))
    assert await refusal(browser, web, claims=claims) == "invalid_request"
    assert (pushed.status_code, pushed.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("acr", "proved", "quietly"),
    [
        ({"essential": True}, PASSWORD_ACR, ""),
        ({"essential": True, "value": PASSWORD_ACR}, PASSWORD_ACR, ""),
        ({"essential": True, "value": PASSWORD_ACR}, MFA_ACR, "unmet_authentication_requirements"),
        ({"essential": True, "values": [PASSWORD_ACR, MFA_ACR]}, MFA_ACR, ""),
        ({"essential": True, "value": MFA_ACR}, MFA_ACR, ""),
        ({"essential": True, "value": MFA_ACR}, PASSWORD_ACR, "interaction_required"),
        ({"essential": True, "values": ["urn:example:gold", MFA_ACR]}, PASSWORD_ACR, "interaction_required"),
        ({"essential": True, "value": "urn:example:gold"}, MFA_ACR, "unmet_authentication_requirements"),
        ({"value": MFA_ACR}, PASSWORD_ACR, "interaction_required"),  # as acr_values would have it
        ({"values": ["urn:example:gold"]}, PASSWORD_ACR, ""),
    ],
)
async def test_an_essential_class_is_met_or_refused_by_name(
    scene: Scene, acr: dict[str, Any], proved: str, quietly: str
):
    browser, person, web, database = scene
    await browser.tokens(person.email, web)
    async with database.arrange() as session:
        await session.execute(update(Session).values(acr=proved))
    claims = asked(id_token={"acr": acr, "auth_time": {"essential": True}})
    assert await refusal(browser, web, prompt="none", claims=claims) == quietly
    if quietly == "interaction_required":
        for request in (web.request(claims=claims), await browser.push(web, claims=claims)):
            led = await browser.sign_in(person.email, request)
            assert led.headers["location"] == "/auth/sign-in/factor"


async def test_nobody_but_the_subject_that_was_asked_for(scene: Scene):
    browser, person, web, database = scene
    async with database.arrange() as session:
        other = await add_person(session)
    mine, theirs = (asked(id_token={"sub": {"value": str(one.id)}}) for one in (person, other))
    either = asked({"sub": {"values": [str(new_id()), str(person.id)]}})
    assert answered(await browser.sign_in(other.email, web.request(claims=mine)))["error"] == "login_required"
    assert await refusal(browser, web, prompt="none", claims=mine) == "login_required"
    assert "code" in answered(await browser.sign_in(person.email, web.request(claims=mine)))
    for claims, error in ((mine, ""), (either, ""), (theirs, "login_required"), (asked({"sub": None}), "")):
        assert await refusal(browser, web, prompt="none", claims=claims) == error, claims


async def test_a_program_of_others_gets_by_name_what_the_page_said_and_no_more(
    scene: Scene, diary: Program, app: FastAPI
):
    browser, person, _, database = scene
    everything = dict.fromkeys(OFFERED)
    wanted = {"scope": "openid", "claims": asked(everything, everything)}
    led = await browser.sign_in(person.email, diary.request(**wanted))
    page = BeautifulSoup((await browser.client.get(led.headers["location"])).text, "html5lib").main
    assert page is not None
    assert ("see your e-mail address" in page.text, "see your name" in page.text) == (True, False)
    code = answered(await browser.consent(led))["code"]
    tokens = (await browser.client.post("/auth/token", data=diary.code_form(code))).json()
    assert (tokens["scope"], OFFERED & payload(tokens["id_token"]).keys()) == ("openid", {"email"})
    assert await told(browser, tokens["access_token"]) == {"email": person.email}
    assert await refusal(browser, diary, prompt="none", **wanted) == ""
    for scopes, known in (["openid", "profile"], {}), (["openid", "email", "profile"], {"email": person.email}):
        async with database.arrange() as session:
            changed = update(OAuthClient).where(col(OAuthClient.client_id) == diary.client_id)
            await session.execute(changed.values(scopes=scopes))
        app.state.provider.clients._known.clear()
        assert await told(browser, tokens["access_token"]) == known
    assert await refusal(browser, diary, prompt="none", **wanted) == "consent_required"


async def test_declined_by_name_is_declined(scene: Scene, diary: Program):
    browser, person, _, _ = scene
    request = diary.request(scope="openid", claims=asked({"email": {"essential": True}}))
    led = await browser.sign_in(person.email, request)
    assert led.headers["location"].startswith(CONSENT)
    assert answered(await browser.consent(led, "decline"))["error"] == "access_denied"
