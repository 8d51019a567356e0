"""Pushed authorization requests (RFC 9126): what is refused on handing in, and a reference that gives one code."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.digests import Purpose, new_secret
from afterglow_auth.housekeeping import forget_expired
from afterglow_auth.oauth import pushed as pushed_requests
from afterglow_auth.oauth.authorize import Asked, give_code, validate
from afterglow_auth.oauth.models import Authorization, PushedRequest
from afterglow_auth.sessions.service import find_live
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.exc import ProgrammingError
from sqlmodel import col

from tests.assurance import PATIENCE, RACES
from tests.auth.arranging import (
    FORM,
    ISSUER,
    Browser,
    Program,
    Scene,
    add_person,
    answered,
    audited,
    is_sign_in_page,
    open_browser,
    payload,
)
from tests.auth.oauth.test_authorize import MFA
from tests.auth.oauth.test_token_endpoint import MALFORMED

AT_ONCE = 20
URN = "urn:ietf:params:oauth:request_uri:"


async def arrive(browser: Browser, parameters: dict[str, str]) -> httpx.Response:
    return await browser.client.get("/auth/authorize", params=parameters)


def is_refused_here(answer: httpx.Response) -> bool:
    return answer.status_code == 400 and "location" not in answer.headers and "This sign-in cannot go on" in answer.text


async def age(database: RolledBackDatabase, **moments: timedelta) -> None:
    """Move moments of every pushed request back."""
    async with database.arrange() as session:
        earlier = {name: getattr(PushedRequest, name) - by for name, by in moments.items()}
        await session.execute(update(PushedRequest).values(earlier))


async def test_a_pushed_request_signs_somebody_in(scene: Scene):
    browser, person, web, database = scene
    answer = await browser.client.post("/auth/par", data=web.pushed())
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    pushed = answer.json()
    assert pushed["request_uri"].startswith(URN)
    assert pushed["expires_in"] == 60
    signed_in = await browser.sign_in(person.email, {"client_id": web.client_id, "request_uri": pushed["request_uri"]})
    told = answered(signed_in)
    assert (told["iss"], told["state"]) == (ISSUER, "state-of-the-browser")
    redeemed = await browser.client.post("/auth/token", data=web.code_form(told["code"]))
    assert redeemed.status_code == 200, redeemed.text
    async with database.arrange() as session:
        row = (await session.scalars(select(PushedRequest))).one()
    secret = pushed["request_uri"].removeprefix(URN)
    assert secret not in repr(row)
    assert secret.encode() not in row.reference_hash
    assert not {"client_assertion", "client_assertion_type"} & row.parameters.keys()


async def test_a_public_client_pushes_by_its_id(browser: Browser, person: Person, public: Program):
    assert "code" in answered(await browser.sign_in(person.email, await browser.push(public)))


async def test_who_is_signed_in_gets_the_code_at_once(browser: Browser, person: Person, web: Program):
    await browser.tokens(person.email, web)
    assert "code" in answered(await arrive(browser, await browser.push(web)))


async def test_the_pages_carry_the_reference_and_nothing_of_the_request(browser: Browser, web: Program):
    pushed = await browser.push(web, login_hint="rowan@example.org")
    location = (await arrive(browser, pushed)).headers["location"]
    page = await browser.client.get(location)
    for shown in (location, (await browser.follow(location))["ask"]):
        assert "request_uri=" in shown
        assert not any(name in shown for name in ("redirect_uri", "code_challenge", "state", "nonce", "scope"))
    assert 'value="rowan@example.org"' in page.text
    assert BASE_URL in page.headers["content-security-policy"]


async def test_what_stands_beside_the_reference_counts_for_nothing(browser: Browser, person: Person, web: Program):
    pushed = await browser.push(web)
    beside = {"redirect_uri": "https://evil.example/", "state": "other", "scope": "openid", "prompt": "none"}
    answer = await browser.sign_in(person.email, beside | {"code_challenge": "x" * 43} | pushed)
    assert answer.headers["location"].startswith(f"{BASE_URL}/callback?")
    told = answered(answer)
    assert told["state"] == "state-of-the-browser"
    tokens = (await browser.client.post("/auth/token", data=web.code_form(told["code"]))).json()
    assert tokens["scope"] == web.scopes


async def test_what_the_client_asked_for_is_kept_through_the_steps(browser: Browser, person: Person, web: Program):
    """Somebody without a second factor, of whom more than a password is asked."""
    answer = await browser.sign_in(person.email, await browser.push(web, acr_values=MFA))
    assert answer.headers["location"] == "/auth/sign-in/factor"


async def test_a_pushed_request_names_the_apis_that_its_tokens_are_for(browser: Browser, person: Person, web: Program):
    """RFC 8707: several of them, in one request."""
    apis = [f"{BASE_URL}/api/portal", f"{BASE_URL}/api/messaging"]
    content = urlencode([*web.pushed().items(), *(("resource", api) for api in apis)])
    pushed = (await browser.client.post("/auth/par", content=content, headers=FORM)).json()
    came = {"client_id": web.client_id, "request_uri": pushed["request_uri"], "resource": f"{BASE_URL}/api/accounts"}
    code = answered(await browser.sign_in(person.email, came))["code"]
    tokens = (await browser.client.post("/auth/token", data=web.code_form(code))).json()
    assert sorted(payload(tokens["access_token"])["aud"]) == sorted(apis)


async def test_a_pushed_request_speaks_the_language_it_asks_for(browser: Browser, web: Program):
    location = (await arrive(browser, await browser.push(web, ui_locales="es"))).headers["location"]
    assert '<html lang="es"' in (await browser.client.get(location)).text


REFUSED = [
    pytest.param({"request_uri": f"{URN}x"}, "invalid_request", id="a reference in a pushed request"),
    pytest.param({"request_uri": "https://evil.example/r"}, "invalid_request", id="an address in a pushed request"),
    pytest.param({"request": "x.y.z"}, "request_not_supported", id="request object"),
    pytest.param({"redirect_uri": "https://evil.example/callback"}, "invalid_request", id="redirect URI of another"),
    pytest.param({"redirect_uri": None}, "invalid_request", id="no redirect URI"),
    pytest.param({"response_type": "token"}, "unsupported_response_type", id="implicit"),
    pytest.param({"response_type": None}, "invalid_request", id="no type"),
    pytest.param({"code_challenge": None}, "invalid_request", id="no challenge"),
    pytest.param({"code_challenge_method": "plain"}, "invalid_request", id="PKCE plain"),
    pytest.param({"scope": "openid admin"}, "invalid_scope", id="unknown scope"),
    pytest.param({"prompt": "dance"}, "invalid_request", id="unknown prompt"),
    pytest.param({"max_age": "soon"}, "invalid_request", id="no number"),
    pytest.param({"state": "s" * 1025}, "invalid_request", id="long state"),
    pytest.param({"redirect_uri": 'http://x/"\\é\u2028'}, "invalid_request", id="odd characters"),
]


@pytest.mark.parametrize(("changes", "error"), REFUSED)
async def test_every_check_is_made_on_handing_in(
    browser: Browser, web: Program, changes: dict[str, str | None], error: str
):
    answer = await browser.client.post("/auth/par", data=web.pushed(**changes))
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.headers["content-type"] == "application/json"
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("proves_itself_by", "most"), [("private_key_jwt", 16_384), ("client_secret_basic", 16_384), ("none", 6_144)]
)
async def test_a_request_may_be_so_large_and_no_larger(
    browser: Browser, database: RolledBackDatabase, proves_itself_by: str, most: int
):
    """Measured as what is kept of it would stand in an address. Who proves nothing may leave less here."""
    kind = "public" if proves_itself_by == "none" else "confidential"
    secret = new_secret() if proves_itself_by == "client_secret_basic" else None
    async with database.arrange() as session:
        program = await Program("measured", kind=kind, secret=secret).register(session)
    assert program.method == proves_itself_by
    auth, left = (program.client_id, secret) if secret else None, most - len(urlencode(program.request(unknown="")))
    answer = await browser.client.post("/auth/par", data=program.pushed(unknown="x" * (left + 1)), auth=auth)
    assert (answer.status_code, answer.json()["error"]) == (413, "invalid_request")
    assert await stored(database) == 0
    answer = await browser.client.post("/auth/par", data=program.pushed(unknown="x" * left), auth=auth)
    assert answer.status_code == 201


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED.keys())
@pytest.mark.usefixtures("public")
async def test_malformed_input_is_refused_in_oauths_own_words(browser: Browser, sent: dict[str, Any]):
    answer = await browser.client.post("/auth/par", **sent)
    assert answer.status_code in {400, 401}
    assert answer.json()["error"] in {"invalid_request", "invalid_client", "unsupported_response_type"}


async def test_a_parameter_twice_is_refused(browser: Browser, public: Program):
    content = "&".join(f"{name}={value}" for name, value in [*public.request().items(), ("state", "again")])
    answer = await browser.client.post("/auth/par", content=content, headers=FORM)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_only_the_client_itself_pushes(browser: Browser, web: Program, public: Program, service: Program):
    for form in (
        web.request(),
        {**web.request(), **public.proof(), "client_id": web.client_id},
        {**web.request(), **web.proof(web.assertion(exp=1))},
        {**web.request(), **web.proof(), "client_id": public.client_id},
    ):
        answer = await browser.client.post("/auth/par", data=form)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    of_service = await browser.client.post("/auth/par", data=service.pushed())
    assert of_service.json()["error"] == "invalid_request"  # it has no address to lead back to


async def test_an_assertion_pushes_once(browser: Browser, web: Program, database: RolledBackDatabase):
    form = web.pushed()
    assert (await browser.client.post("/auth/par", data=form)).status_code == 201
    assert (await browser.client.post("/auth/par", data=form)).json()["error"] == "invalid_client"
    assert len(await audited(database, "client_assertion:reused")) == 1


async def test_only_post(browser: Browser):
    assert (await browser.client.get("/auth/par")).status_code == 405


@pytest.mark.parametrize(
    "reference", ["", "x", "x" * 5000, "é\u2028😀", '"\\', "../..", "AAAA%00"], ids=lambda text: ascii(text)[:12]
)
async def test_an_unknown_reference_leads_nowhere(browser: Browser, web: Program, reference: str):
    for path in ("/auth/authorize", "/auth/sign-in"):
        parameters = web.request(request_uri=URN + reference)
        assert is_refused_here(await browser.client.get(path, params=parameters))


async def test_a_reference_of_another_client_leads_nowhere(browser: Browser, web: Program, public: Program):
    pushed = await browser.push(web)
    for client_id in (public.client_id, "nobody", ""):
        assert is_refused_here(await arrive(browser, pushed | {"client_id": client_id}))
    assert is_refused_here(await arrive(browser, {"request_uri": pushed["request_uri"]}))
    assert (await arrive(browser, pushed)).headers["location"].startswith("/auth/sign-in?")


async def test_a_reference_is_good_for_a_minute_to_begin_with(
    browser: Browser, web: Program, database: RolledBackDatabase
):
    pushed = await browser.push(web)
    assert is_refused_here(await browser.client.get("/auth/sign-in", params=pushed))  # nobody began with it
    await age(database, expires_at=timedelta(seconds=61))
    assert is_refused_here(await arrive(browser, pushed))


async def test_a_sign_in_that_began_in_time_may_take_longer(scene: Scene):
    browser, person, web, database = scene
    pushed = await browser.push(web)
    fields = await browser.form(pushed)
    await age(database, expires_at=timedelta(minutes=20), begun_until=timedelta(minutes=20))
    assert is_refused_here(await arrive(browser, pushed))  # to begin with it is too late
    assert "code" in answered(await browser.submit(fields, person.email))


async def test_a_sign_in_that_takes_for_ever_begins_again(scene: Scene):
    browser, person, web, database = scene
    fields = await browser.form(await browser.push(web))
    await age(database, expires_at=timedelta(hours=2), begun_until=timedelta(hours=2))
    assert is_refused_here(await browser.submit(fields, person.email))


async def test_loading_a_page_again_uses_nothing_up(browser: Browser, person: Person, web: Program):
    pushed = await browser.push(web)
    for _ in range(3):
        fields = await browser.form(pushed)
    assert "code" in answered(await browser.submit(fields, person.email))


async def test_an_answer_without_a_code_uses_nothing_up(browser: Browser, person: Person, web: Program):
    pushed = await browser.push(web, prompt="none")
    assert answered(await arrive(browser, pushed))["error"] == "login_required"
    await browser.tokens(person.email, web)
    assert "code" in answered(await arrive(browser, pushed))


async def test_a_reference_gives_one_code(scene: Scene):
    browser, person, web, _database = scene
    pushed = await browser.push(web)
    fields = await browser.form(pushed)
    assert "code" in answered(await browser.submit(fields, person.email))
    for again in (await arrive(browser, pushed), await browser.client.get("/auth/sign-in", params=pushed)):
        assert is_refused_here(again)


async def test_a_client_that_lost_its_address_meanwhile_is_redirected_nowhere(
    scene: Scene, app: FastAPI, monkeypatch: pytest.MonkeyPatch
):
    browser, person, web, _database = scene
    fields = await browser.form(await browser.push(web))
    found = await app.state.provider.clients.find(web.client_id)

    async def changed(_: object) -> object:
        return replace(found, redirect_uris=("https://elsewhere.example/callback",))

    monkeypatch.setattr(app.state.provider.clients, "find", changed)
    assert is_refused_here(await browser.submit(fields, person.email))


async def test_who_must_push_may_not_do_without(browser: Browser, person: Person, database: RolledBackDatabase):
    async with database.arrange() as session:
        strict = await Program("strict", must_push=True).register(session)
    refused = await arrive(browser, strict.request())
    assert refused.headers["location"].startswith(f"{BASE_URL}/callback?")
    told = answered(refused)
    assert (told["error"], told["state"], told["iss"]) == ("invalid_request", "state-of-the-browser", ISSUER)
    around = await browser.client.get("/auth/sign-in", params=strict.request())
    assert answered(around)["error"] == "invalid_request"
    assert is_refused_here(await arrive(browser, strict.request(redirect_uri="https://evil.example/")))
    assert "code" in answered(await browser.sign_in(person.email, await browser.push(strict)))


async def test_discovery_says_so(browser: Browser):
    document = (await browser.client.get("/auth/.well-known/openid-configuration")).json()
    assert document["pushed_authorization_request_endpoint"] == f"{ISSUER}/par"
    assert document["require_pushed_authorization_requests"] is False
    assert document["request_uri_parameter_supported"] is False


async def test_what_is_over_is_forgotten_and_nothing_else(browser: Browser, web: Program, database: RolledBackDatabase):
    async def left() -> int:
        async with database.arrange() as session:
            return await session.scalar(select(func.count()).select_from(PushedRequest)) or 0

    pushed = await browser.push(web)
    await arrive(browser, pushed)
    await browser.push(web)
    await age(database, expires_at=timedelta(minutes=2))
    await forget_expired(database)  # type: ignore[arg-type]  # as the service's own database
    assert await left() == 1
    await age(database, begun_until=timedelta(hours=2))
    await forget_expired(database)  # type: ignore[arg-type]  # as the service's own database
    assert await left() == 0


@pytest.mark.parametrize("column", ["parameters", "client_id", "expires_at", "reference_hash", "network"])
async def test_the_app_changes_nothing_of_what_was_pushed(database: RolledBackDatabase, column: str):
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.sessions() as session, session.begin():
            await session.execute(update(PushedRequest).values({column: getattr(PushedRequest, column)}))


def is_full(answer: httpx.Response) -> bool:
    assert answer.status_code in {201, 429}, answer.text
    if answer.status_code == 201:
        return False
    assert answer.json()["error"] == "temporarily_unavailable"
    assert (answer.headers["retry-after"], answer.headers["cache-control"]) == ("60", "no-store")
    return True


async def push_from(app: FastAPI, program: Program, address: str) -> httpx.Response:
    async with open_browser(app, address) as client:
        return await client.post("/auth/par", data=program.pushed())


async def stored(database: RolledBackDatabase) -> int:
    async with database.arrange() as session:
        return await session.scalar(select(func.count()).select_from(PushedRequest)) or 0


@pytest.mark.parametrize("bound", ["MOST_OF_A_NETWORK", "MOST_OF_A_CLIENT", "MOST_IN_ALL"])
async def test_of_what_anybody_can_push_only_so_much_is_kept(
    scene: Scene, app: FastAPI, public: Program, monkeypatch: pytest.MonkeyPatch, bound: str
):
    """A bound on one network or one program stops no other; none stops a program that proves itself (RFC 9126 §2.3)."""
    browser, _person, web, database = scene
    async with database.arrange() as session:
        other = await Program("other", kind="public").register(session)
    for name in ("MOST_OF_A_NETWORK", "MOST_OF_A_CLIENT", "MOST_IN_ALL"):
        monkeypatch.setattr(pushed_requests, name, 3 if name == bound else 5)
    for _ in range(3):
        await browser.push(web)
        assert not is_full(await push_from(app, public, "198.51.100.7"))
    assert is_full(await push_from(app, public, "198.51.100.7"))
    assert is_full(await push_from(app, public, "203.0.113.9")) == (bound != "MOST_OF_A_NETWORK")
    assert is_full(await push_from(app, other, "198.51.100.7")) == (bound != "MOST_OF_A_CLIENT")
    assert is_full(await push_from(app, other, "2001:db8::1")) == (bound == "MOST_IN_ALL")
    await browser.push(web)
    assert 7 <= await stored(database) <= 9


async def test_what_is_over_makes_room_and_what_a_browser_came_with_keeps_its_place(
    browser: Browser, app: FastAPI, public: Program, database: RolledBackDatabase, monkeypatch: pytest.MonkeyPatch
):
    """Without waiting for housekeeping; one home has one place however many addresses it has."""
    monkeypatch.setattr(pushed_requests, "MOST_OF_A_NETWORK", 2)
    begun = (await push_from(app, public, "2001:db8::1")).json()
    await arrive(browser, {"client_id": public.client_id, "request_uri": begun["request_uri"]})
    assert not is_full(await push_from(app, public, "2001:db8::2"))
    assert is_full(await push_from(app, public, "2001:db8::3"))
    await age(database, expires_at=timedelta(seconds=61))
    assert not is_full(await push_from(app, public, "2001:db8::4"))
    assert is_full(await push_from(app, public, "2001:db8::5"))
    assert await stored(database) == 2
    await age(database, expires_at=timedelta(hours=2), begun_until=timedelta(hours=2))
    assert not is_full(await push_from(app, public, "2001:db8::6"))
    assert await stored(database) == 1


async def test_a_refused_request_takes_no_place(
    browser: Browser, public: Program, database: RolledBackDatabase, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pushed_requests, "MOST_OF_A_NETWORK", 1)
    for wrong in ({"scope": "admin"}, {"redirect_uri": "https://evil.example/"}):
        assert (await browser.client.post("/auth/par", data=public.pushed(**wrong))).status_code == 400
    assert await stored(database) == 0
    await browser.push(public)


async def test_twenty_that_push_at_once_leave_no_room_behind_them(
    committed_app: FastAPI, committed_superuser: Database, monkeypatch: pytest.MonkeyPatch
):
    """Those of one moment may be a few too many, never fewer than there is room for; whoever comes then is refused."""
    monkeypatch.setattr(pushed_requests, "MOST_OF_A_CLIENT", 3)
    async with committed_superuser.sessions() as session, session.begin():
        program = await Program(f"crowd-{new_id().hex}", kind="public").register(session)
    answers = await asyncio.gather(*(push_from(committed_app, program, "198.51.100.7") for _ in range(AT_ONCE)))
    assert 3 <= [is_full(answer) for answer in answers].count(False) <= AT_ONCE
    assert is_full(await push_from(committed_app, program, "198.51.100.7"))


@pytest.mark.timeout(PATIENCE)
async def test_of_twenty_at_once_one_gets_the_code(
    committed_app: FastAPI, committed_superuser: Database, record_property: Callable[[str, object], None]
):
    for _ in range(RACES):
        async with committed_superuser.sessions() as session, session.begin():
            person = await add_person(session)
            program = await Program(f"racing-{new_id().hex}").register(session)
        async with open_browser(committed_app) as client:
            browser = Browser(client)
            await browser.tokens(person.email, program)
            pushed = await browser.push(program)
            answers = await asyncio.gather(*(arrive(browser, pushed) for _ in range(AT_ONCE)))
        assert sorted(answer.status_code for answer in answers) == [303] + [400] * (AT_ONCE - 1)
        assert all(answer.status_code == 303 or is_refused_here(answer) for answer in answers)
        async with committed_superuser.sessions() as session:
            given = select(func.count()).where(col(Authorization.client_id) == program.client_id)
            assert await session.scalar(given) == 2  # one before the race
    record_property("counted", f"races of pushed requests: {RACES} rounds of {AT_ONCE}, one code each")


async def test_whoever_comes_second_with_a_reference_that_was_good_is_kept_in_the_audit(scene: Scene, app: FastAPI):
    """Two forms of one sign-in, both checked before either gave a code."""
    browser, person, web, database = scene
    await browser.tokens(person.email, web)
    provider = app.state.provider
    asked = await validate(provider, await browser.push(web), begins=True)
    assert isinstance(asked, Asked)
    cookie = provider.digests.of(Purpose.session, browser.client.cookies["auth"])
    async with database.sessions() as session, session.begin():
        signed_in = await find_live(session, cookie)
        assert signed_in
        first, second = [await give_code(session, provider, asked, signed_in) for _ in range(2)]
    assert "code=" in str(first.location)
    assert (second.status, second.location, second.body["error"]) == (400, None, "invalid_request_uri")
    (event,) = await audited(database, "pushed_request:reused")
    assert (event.actor_id, event.purpose, event.outcome) == (person.id, "web", "refused")


@given(
    parameters=st.dictionaries(
        st.sampled_from(
            ["client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "prompt", "max_age",
             "code_challenge", "code_challenge_method", "id_token_hint", "login_hint", "request_uri", "request"]
        ),
        st.one_of(st.text(max_size=40), st.sampled_from(["demo-public", f"{BASE_URL}/callback", "code", "S256", URN])),
    )
)  # fmt: skip
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_nothing_sent_makes_it_fail(
    browser: Browser, public: Program, parameters: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pushed_requests, "MOST_OF_A_NETWORK", 1_000)
    pushed = await browser.client.post("/auth/par", data=public.request() | parameters)
    assert pushed.status_code in {201, 400, 401}, parameters
    came = await browser.client.get("/auth/authorize", params={"request_uri": URN, **public.request(), **parameters})
    assert came.status_code in {303, 400} or is_sign_in_page(came), parameters  # an empty request_uri is none
