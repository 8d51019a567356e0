"""The authorization endpoint: what is refused, where it is told, and when somebody must sign in anew."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.proof import MFA_ACR
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlmodel import col

from tests.auth.arranging import ISSUER, Browser, Program, Scene, answered, is_sign_in_page, payload

UNUSABLE = [
    pytest.param({"client_id": None}, id="no client"),
    pytest.param({"client_id": "nobody"}, id="unknown client"),
    pytest.param({"client_id": "web'\"\\é\u2028"}, id="client with odd characters"),
    pytest.param({"redirect_uri": None}, id="no redirect URI"),
    pytest.param({"redirect_uri": "https://evil.example/callback"}, id="another host"),
    pytest.param({"redirect_uri": f"{BASE_URL}/callback/"}, id="a slash more"),
    pytest.param({"redirect_uri": f"{BASE_URL}/callback/../evil"}, id="path traversal"),
    pytest.param({"redirect_uri": f"{BASE_URL}/callback?next=evil"}, id="a query more"),
    pytest.param({"redirect_uri": f"{BASE_URL}/callback#x"}, id="a fragment more"),
    pytest.param({"redirect_uri": f"{BASE_URL}.evil.example/callback"}, id="suffix of the host"),
    pytest.param({"redirect_uri": f"{BASE_URL.upper()}/callback"}, id="other case"),
    pytest.param({"redirect_uri": "http://*/callback"}, id="wildcard"),
    pytest.param({"redirect_uri": "javascript:alert(1)"}, id="script"),
    pytest.param({"redirect_uri": 'http://x/"\\é'}, id="characters that errors may not contain"),
    pytest.param({"redirect_uri": "https://evil.example", "response_type": "token"}, id="unvalidated URI and bad type"),
    pytest.param({"redirect_uri": "https://evil.example", "prompt": "none"}, id="unvalidated URI and no prompt"),
]


@pytest.mark.parametrize("changes", UNUSABLE)
async def test_a_request_from_nobody_known_is_told_here_and_redirected_nowhere(
    browser: Browser, web: Program, changes: dict[str, str | None]
):
    for path in ("/auth/authorize", "/auth/sign-in"):
        answer = await browser.client.get(path, params=web.request(**changes))
        assert answer.status_code == 400
        assert "location" not in answer.headers
        assert "This sign-in cannot go on" in answer.text


REFUSED = [
    pytest.param({"response_type": "token"}, "unsupported_response_type", id="implicit"),
    pytest.param({"response_type": "code id_token"}, "unsupported_response_type", id="hybrid"),
    pytest.param({"response_type": '"code\\é'}, "unsupported_response_type", id="odd characters"),
    pytest.param({"response_type": None}, "invalid_request", id="no type"),
    pytest.param({"code_challenge": None, "code_challenge_method": None}, "invalid_request", id="PKCE omitted"),
    pytest.param({"code_challenge": None}, "invalid_request", id="challenge omitted"),
    pytest.param({"code_challenge_method": None}, "invalid_request", id="PKCE downgraded by omission"),
    pytest.param({"code_challenge_method": "plain"}, "invalid_request", id="PKCE plain"),
    pytest.param({"code_challenge_method": "s256"}, "invalid_request", id="PKCE method in another case"),
    pytest.param({"code_challenge": "short"}, "invalid_request", id="challenge malformed"),
    pytest.param({"scope": None}, "invalid_scope", id="no scope"),
    pytest.param({"scope": "openid admin"}, "invalid_scope", id="unknown scope"),
    pytest.param({"scope": "openid port"}, "invalid_scope", id="scope by prefix"),
    pytest.param({"scope": "openid security_events"}, "invalid_scope", id="a service's scope"),
    pytest.param({"request": "x.y.z"}, "request_not_supported", id="request object"),
    pytest.param({"request_uri": "https://evil.example/r"}, "request_uri_not_supported", id="request by reference"),
    pytest.param({"registration": "{}"}, "registration_not_supported", id="registration"),
    pytest.param({"response_mode": "fragment"}, "invalid_request", id="response mode"),
    pytest.param({"prompt": "none login"}, "invalid_request", id="prompt none with another"),
    pytest.param({"prompt": "dance"}, "invalid_request", id="unknown prompt"),
    pytest.param({"max_age": "-1"}, "invalid_request", id="negative age"),
    pytest.param({"max_age": "٣"}, "invalid_request", id="digits of another script"),
    pytest.param({"max_age": "9" * 30}, "invalid_request", id="huge age"),
    pytest.param({"nonce": "n" * 600}, "invalid_request", id="long nonce"),
    pytest.param({"prompt": "none"}, "login_required", id="nobody signed in and no page wanted"),
]


@pytest.mark.parametrize(("changes", "error"), REFUSED)
async def test_a_known_client_learns_what_is_wrong_by_name(
    browser: Browser, web: Program, changes: dict[str, str | None], error: str
):
    answer = await browser.client.get("/auth/authorize", params=web.request(**changes))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{BASE_URL}/callback?")
    told = answered(answer)
    assert (told["error"], told["iss"], told["state"]) == (error, ISSUER, "state-of-the-browser")
    assert "code" not in told


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state", "code_challenge", "scope", "nonce"])
async def test_a_parameter_given_twice_is_refused(browser: Browser, web: Program, name: str):
    answer = await browser.client.get("/auth/authorize", params=[*web.request().items(), (name, "again")])
    assert (answer.status_code, "location" in answer.headers) == (400, False)


async def test_pkce_is_asked_of_public_clients_too(browser: Browser, public: Program):
    answer = await browser.client.get("/auth/authorize", params=public.request(code_challenge=None))
    assert answered(answer)["error"] == "invalid_request"


async def test_the_host_header_builds_nothing(browser: Browser, web: Program):
    poisoned = {"host": "evil.example", "x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    answer = await browser.client.get("/auth/authorize", params=web.request(), headers=poisoned)
    assert is_sign_in_page(answer)
    assert "evil.example" not in answer.text + str(answer.headers)


@pytest.mark.parametrize(
    "changes",
    [{"prompt": one} for one in ("login", "consent", "select_account", "login consent")] + [{"max_age": "0"}],
)
async def test_a_client_may_ask_for_a_new_sign_in(
    browser: Browser, person: Person, web: Program, database: RolledBackDatabase, changes: dict[str, str]
):
    first = await browser.tokens(person.email, web)
    async with database.arrange() as session:
        earlier = col(Session.auth_time) - timedelta(seconds=30)
        await session.execute(update(Session).values(auth_time=earlier))
    answer = await browser.client.get("/auth/authorize", params=web.request(**changes))
    assert is_sign_in_page(answer)
    again = await browser.tokens(person.email, web, **changes)
    assert claims(again)["auth_time"] >= claims(first)["auth_time"]
    assert claims(again)["sid"] == claims(first)["sid"]


async def test_without_a_page_a_live_session_answers_and_a_stale_one_does_not(
    browser: Browser, person: Person, web: Program, database: RolledBackDatabase
):
    await browser.tokens(person.email, web)
    quiet = web.request(prompt="none", max_age="60")
    assert "code" in answered(await browser.client.get("/auth/authorize", params=quiet))
    async with database.arrange() as session:
        await session.execute(update(Session).values(auth_time=col(Session.auth_time) - timedelta(minutes=2)))
    assert answered(await browser.client.get("/auth/authorize", params=quiet))["error"] == "login_required"


MFA, BY_PASSWORD = "urn:afterglow:acr:mfa", "urn:afterglow:acr:password"


@pytest.mark.parametrize(
    ("acr_values", "proved", "enough"),
    [
        (MFA, BY_PASSWORD, False),
        (MFA, MFA, True),
        (f"{MFA} {BY_PASSWORD}", BY_PASSWORD, True),
        (BY_PASSWORD, MFA, True),
        ("urn:elsewhere:acr:gold", BY_PASSWORD, True),
    ],
)
async def test_a_client_may_ask_for_more_than_a_password(scene: Scene, acr_values: str, proved: str, enough: bool):
    browser, person, web, database = scene
    await browser.tokens(person.email, web)
    async with database.arrange() as session:
        await session.execute(update(Session).values(acr=proved))
    quiet = await browser.client.get("/auth/authorize", params=web.request(prompt="none", acr_values=acr_values))
    assert ("code" in answered(quiet)) is enough
    assert enough or answered(quiet)["error"] == "interaction_required"  # there is no second factor yet
    asked = await browser.client.get("/auth/authorize", params=web.request(acr_values=acr_values))
    assert is_sign_in_page(asked) is not enough


async def test_a_hint_of_somebody_else_gets_no_code(
    browser: Browser, other_browser: Browser, person: Person, staff: dict[str, Person], web: Program
):
    theirs = await other_browser.tokens(staff["therapist"].email, web)
    await browser.tokens(person.email, web)
    hinted = web.request(id_token_hint=theirs["id_token"])
    told = answered(await browser.client.get("/auth/authorize", params={**hinted, "prompt": "none"}))
    assert told["error"] == "login_required"
    assert answered(await browser.sign_in(person.email, hinted))["error"] == "login_required"
    assert "code" in answered(await browser.sign_in(staff["therapist"].email, hinted))


async def test_who_is_asked_once_more_is_told_why(browser: Browser, person: Person, web: Program):
    tokens = await browser.tokens(person.email, web)
    for asked, heading in (
        ({"id_token_hint": tokens["id_token"], "max_age": "0"}, "Please confirm that it is you"),
        ({"max_age": "0"}, "Sign in"),
        ({"id_token_hint": tokens["id_token"], "prompt": "login"}, "Sign in"),
    ):
        page = await browser.client.get("/auth/authorize", params=web.request(**asked))
        assert is_sign_in_page(page)
        assert f">{heading}</h1>" in page.text
        assert ("asks once more who you are" in page.text) is (heading != "Sign in")


async def test_a_hint_that_is_no_id_token_of_the_programs_is_refused_however_it_comes(scene: Scene, public: Program):
    """It names somebody, so whoever happens to be signed in is not the answer."""
    browser, person, web, _database = scene
    mine, other = [await browser.tokens(person.email, program, prompt="login") for program in (web, public)]
    good, rest = mine["id_token"], web.request(id_token_hint=None)
    assert "code" in answered(await browser.client.get("/auth/authorize", params=rest | {"id_token_hint": good}))
    assert (await browser.client.post("/auth/par", data=web.pushed(id_token_hint=good))).status_code == 201
    for hint in ("nonsense", good[:-4] + "AAAA", good + "x" * 4096, mine["access_token"], other["id_token"]):
        told = answered(await browser.client.get("/auth/authorize", params=rest | {"id_token_hint": hint}))
        assert (told["error"], told["state"], told["iss"]) == ("invalid_request", rest["state"], ISSUER), hint
        pushed = await browser.client.post("/auth/par", data=web.pushed(id_token_hint=hint))
        assert (pushed.status_code, pushed.json()["error"]) == (400, "invalid_request"), hint
    elsewhere = rest | {"id_token_hint": "nonsense", "redirect_uri": "https://evil.example/"}
    assert "location" not in (await browser.client.get("/auth/authorize", params=elsewhere)).headers


@given(
    parameters=st.dictionaries(
        st.sampled_from(
            ["client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "prompt", "max_age",
             "code_challenge", "code_challenge_method", "id_token_hint", "login_hint", "response_mode"]
        ),
        st.one_of(st.text(max_size=40), st.sampled_from(["web", f"{BASE_URL}/callback", "code", "S256", "openid"])),
    )
)  # fmt: skip
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_nothing_sent_makes_it_fail(browser: Browser, web: Program, parameters: dict[str, str]):
    answer = await browser.client.get("/auth/authorize", params=web.request() | parameters)
    assert answer.status_code in {303, 400} or is_sign_in_page(answer), parameters


def claims(tokens: dict[str, Any]) -> dict[str, Any]:
    return payload(tokens["id_token"])


async def test_staff_who_proved_a_password_alone_sign_in_again_where_the_practice_wants_more(
    scene: Scene, app: FastAPI, staff: dict[str, Person], monkeypatch: pytest.MonkeyPatch
):
    browser, _person, web, database = scene
    await browser.tokens(staff["therapist"].email, web)
    lax = app.state.provider
    assert "code" in answered(await browser.client.get("/auth/authorize", params=web.request(prompt="none")))
    settings = lax.settings.model_copy(update={"mfa_required_for_staff": True})
    monkeypatch.setattr(app.state, "provider", replace(lax, settings=settings))
    quiet = answered(await browser.client.get("/auth/authorize", params=web.request(prompt="none")))
    assert quiet["error"] == "interaction_required"  # there is no second factor yet
    asked = await browser.client.get("/auth/authorize", params=web.request())
    assert is_sign_in_page(asked)
    async with database.arrange() as session:
        await session.execute(update(Session).values(acr=MFA_ACR))
    assert "code" in answered(await browser.client.get("/auth/authorize", params=web.request(prompt="none")))
