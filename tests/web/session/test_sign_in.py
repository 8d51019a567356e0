"""Sign-in against a fake issuer: the good way, and every way an answer can be wrong."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from afterglow_foundation.errors import Unavailable
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL, Person
from afterglow_web.session import sign_in, store, sweeping
from afterglow_web.session.models import SignInAttempt, WebSession
from fastapi import FastAPI
from joserfc.jwk import ECKey
from sqlalchemy import func, select

from tests.web.browser import Browser, words
from tests.web.fake_auth import FakeAuth


async def sessions(database: RolledBackDatabase) -> list[WebSession]:
    async with database.arrange() as session:
        return list((await session.execute(select(WebSession))).scalars())


async def callback(browser: Browser, person: Person) -> httpx.URL:
    begun = await browser.get("/sign-in?next=/people")
    return httpx.URL(browser.auth.authorize(begun.headers["location"], person))


async def refused(browser: Browser, address: httpx.URL | str, database: RolledBackDatabase) -> None:
    """The answer is a calm page, nobody is signed in, and the code was never tried twice."""
    answer = await browser.get(str(address))
    assert answer.status_code == 400
    assert "That sign-in did not finish" in words(answer)
    assert await sessions(database) == []
    assert (await browser.get("/people")).headers["location"].startswith("/sign-in")


async def test_the_good_way(browser: Browser, admin: Person, database: RolledBackDatabase, auth: FakeAuth) -> None:
    finished = await browser.sign_in(admin, "/people")
    assert finished.headers["location"] == "/people"
    (session,) = await sessions(database)
    assert (session.person_id, session.role, session.name) == (admin.id, "admin", admin.name)
    assert session.provider_session_id == admin.session_id
    assert session.time_zone == "Europe/London"
    page = await browser.get("/people")
    assert page.status_code == 200
    assert auth.requests[0]["grant_type"] == "authorization_code"
    assert "client_secret" not in auth.requests[0]


async def test_what_the_database_keeps_proves_nothing(
    browser: Browser, admin: Person, database: RolledBackDatabase, auth: FakeAuth
) -> None:
    await browser.sign_in(admin)
    (session,) = await sessions(database)
    row = repr(session.model_dump()).encode()
    assert browser.cookie
    assert browser.cookie.encode() not in row
    for token in auth.refresh_tokens:
        assert token.encode() not in row + bytes(session.refresh_token or b"")
    assert b"eyJ" not in bytes(session.access_token or b"eyJ")


async def test_the_authorization_request(browser: Browser) -> None:
    begun = await browser.get("/sign-in")
    asked = httpx.URL(begun.headers["location"]).params
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{BASE_URL}/callback"
    assert {"openid", "offline_access", "portal"} <= set(asked["scope"].split())
    assert browser.cookie
    assert len({asked["state"], asked["nonce"], asked["code_challenge"], browser.cookie}) == 4
    assert begun.headers["cache-control"] == "no-store"


async def test_cookie_attributes(browser: Browser, admin: Person) -> None:
    finished = await browser.sign_in(admin)
    attributes = {part.strip().lower() for part in finished.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= attributes
    assert not any(attribute.startswith("domain") for attribute in attributes)


async def begun_again(
    browser: Browser, address: httpx.URL | str, database: RolledBackDatabase, *, sessions_before: int = 0
) -> httpx.URL:
    """Nobody is signed in by the answer; the browser goes to auth with a new attempt of its own. Returns where."""
    old = httpx.URL(str(address)).params["state"]
    answer = await browser.get(str(address))
    assert answer.status_code == 303
    asked = httpx.URL(answer.headers["location"])
    assert asked.path == "/auth/authorize"
    assert asked.params["state"] != old
    assert asked.params["state"].endswith(".again")
    assert answer.headers["cache-control"] == "no-store"
    assert len(await sessions(database)) == sessions_before
    assert (await browser.get("/people")).headers["location"].startswith("/sign-in")
    return asked


async def test_state_of_another_sign_in(
    browser: Browser, admin: Person, database: RolledBackDatabase, auth: FakeAuth
) -> None:
    """The code that came with it is not tried; the page asked for survives into the new attempt."""
    address = await callback(browser, admin)
    asked = await begun_again(browser, address.copy_set_param("state", "another"), database)
    assert auth.requests == []
    finished = await browser.get(auth.authorize(str(asked), admin))
    assert finished.headers["location"] == "/people"
    assert len(await sessions(database)) == 1


async def test_two_tabs(browser: Browser, admin: Person, database: RolledBackDatabase, auth: FakeAuth) -> None:
    """A second tab's attempt takes the cookie; who signs in in the first tab gets through, and the second goes on."""
    first = await callback(browser, admin)
    second = await callback(browser, admin)
    asked = await begun_again(browser, first, database)
    assert auth.requests == []
    assert (await browser.get(auth.authorize(str(asked), admin))).headers["location"] == "/people"
    assert (await browser.get(str(second))).headers["location"] == "/"
    assert len(await sessions(database)) == 1


@pytest.mark.parametrize(
    "change", [{"state": None}, {"state": "another.again"}, {"state": "another", "error": "access_denied"}]
)
async def test_no_second_new_attempt(
    browser: Browser, admin: Person, database: RolledBackDatabase, change: dict[str, str | None], auth: FakeAuth
) -> None:
    """Without a state, after a new attempt in a row, or for a no: a page, never a loop."""
    address = await callback(browser, admin)
    params = {name: value for name, value in {**dict(address.params), **change}.items() if value}
    await refused(browser, address.copy_with(params=params), database)
    assert auth.requests == []
    assert (await browser.get(str(address))).headers["location"] == "/people"  # the open attempt was left alone


async def test_a_browser_without_cookies_does_not_loop(
    other_browser: Browser, browser: Browser, admin: Person, database: RolledBackDatabase, auth: FakeAuth
) -> None:
    asked = await begun_again(other_browser, await callback(browser, admin), database)
    other_browser.http.cookies.clear()
    await refused(other_browser, auth.authorize(str(asked), admin), database)
    assert auth.requests == []


@pytest.mark.parametrize("mode", ["no-cors", "cors", "websocket"])
async def test_only_a_page_load_begins_again(browser: Browser, admin: Person, mode: str) -> None:
    address = (await callback(browser, admin)).copy_set_param("state", "another")
    answer = await browser.get(str(address), **{"sec-fetch-mode": mode})
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers


async def test_state_is_bound_to_the_browser(
    browser: Browser, other_browser: Browser, admin: Person, database: RolledBackDatabase, auth: FakeAuth
) -> None:
    """Somebody else's answer, sent to me as a link, does not sign me in as them (login CSRF)."""
    address = await callback(browser, admin)
    await begun_again(other_browser, address, database)
    await other_browser.get("/sign-in")
    await begun_again(other_browser, address, database)
    marked = address.copy_set_param("state", address.params["state"] + ".again")
    await refused(other_browser, marked, database)
    assert auth.requests == []


@pytest.mark.parametrize("iss", [None, "http://elsewhere.example/auth", f"{BASE_URL}/auth/"])
async def test_iss_missing_or_wrong(
    browser: Browser, admin: Person, database: RolledBackDatabase, iss: str | None, auth: FakeAuth
) -> None:
    address = await callback(browser, admin)
    params = {**dict(address.params), "iss": iss}
    await refused(browser, address.copy_with(params={k: v for k, v in params.items() if v}), database)
    assert auth.requests == []


async def test_error_answer(browser: Browser, admin: Person, database: RolledBackDatabase, auth: FakeAuth) -> None:
    address = await callback(browser, admin)
    params = dict(address.params) | {"error": "access_denied"}
    await refused(browser, address.copy_with(params=params), database)
    assert auth.requests == []


async def test_refused_code(browser: Browser, admin: Person, database: RolledBackDatabase, auth: FakeAuth) -> None:
    auth.refuse = True
    await refused(browser, await callback(browser, admin), database)


async def test_auth_down(browser: Browser, admin: Person, database: RolledBackDatabase, auth: FakeAuth) -> None:
    address = await callback(browser, admin)
    auth.down = True
    answer = await browser.get(str(address))
    assert answer.status_code == 503
    assert await sessions(database) == []


async def test_auth_refuses_web_itself(
    browser: Browser, admin: Person, database: RolledBackDatabase, auth: FakeAuth
) -> None:
    """Web's own trouble is not the person's: nobody is told that their sign-in was wrong."""
    auth.token_answers = [httpx.Response(401, json={"error": "invalid_client"})]
    answer = await browser.get(str(await callback(browser, admin)))
    assert answer.status_code == 503
    assert await sessions(database) == []


async def test_replayed_callback(browser: Browser, admin: Person, database: RolledBackDatabase, auth: FakeAuth) -> None:
    """A code that was used is not tried again, even with the cookie it belonged to."""
    address = await callback(browser, admin)
    attempt = browser.cookie
    assert (await browser.get(str(address))).headers["location"] == "/people"
    assert (await browser.get(str(address))).headers["location"] == "/"  # still signed in: just goes on
    browser.http.cookies.set("web", str(attempt), domain="localhost.local")
    browser.http.cookies.clear()
    answer = await browser.get(str(address), cookie=f"web={attempt}")
    assert answer.status_code == 303
    assert httpx.URL(answer.headers["location"]).params["state"].endswith(".again")
    assert len(await sessions(database)) == 1
    assert len(auth.requests) == 1


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"iss": "http://elsewhere.example/auth"},
        {"iss": [f"{BASE_URL}/auth"]},
        {"aud": "portal"},
        {"aud": ["web", "portal"]},
        {"azp": "portal"},
        {"exp": int(time.time()) - 10},
        {"iat": int(time.time()) + 86_400},
        {"sub": "not-an-id"},
        {"sid": "not-an-id"},
        {"role": "service"},
        {"exp": "later"},
    ],
)
async def test_id_token_claims(
    browser: Browser, admin: Person, database: RolledBackDatabase, auth: FakeAuth, claims: dict[str, Any]
) -> None:
    auth.claims = claims
    await refused(browser, await callback(browser, admin), database)
    assert auth.revoked == list(auth.refresh_tokens) != []


@pytest.mark.parametrize("header", [{"typ": "at+jwt"}, {"kid": "unknown"}])
async def test_id_token_header(
    browser: Browser, admin: Person, database: RolledBackDatabase, auth: FakeAuth, header: dict[str, str]
) -> None:
    auth.header = header
    await refused(browser, await callback(browser, admin), database)


async def test_id_token_of_another_key(
    browser: Browser, admin: Person, database: RolledBackDatabase, auth: FakeAuth
) -> None:
    auth.signing_key = ECKey.generate_key("P-256")
    await refused(browser, await callback(browser, admin), database)


async def test_no_session_fixation(
    browser: Browser, other_browser: Browser, admin: Person, database: RolledBackDatabase
) -> None:
    """A cookie planted before sign-in names nothing afterwards."""
    address = await callback(browser, admin)
    planted = browser.cookie
    await browser.get(str(address))
    assert browser.cookie != planted
    answer = await other_browser.get("/people", cookie=f"web={planted}")
    assert answer.headers["location"].startswith("/sign-in")
    assert len(await sessions(database)) == 1


@pytest.mark.parametrize(
    "wanted",
    [
        "//elsewhere.example",
        "https://elsewhere.example/",
        "/%5Celsewhere.example",
        "/\\elsewhere.example",
        "\\\\elsewhere.example",
        "javascript:alert(1)",
        "/\telsewhere",
        "people",
        "/sign-in?next=/people",
        "/auth/sign-out",
        "/signed-out",
    ],
)
async def test_no_open_redirect(browser: Browser, admin: Person, wanted: str) -> None:
    begun = await browser.http.get("/sign-in", params={"next": wanted})
    finished = await browser.get(browser.auth.authorize(begun.headers["location"], admin))
    location = finished.headers["location"]
    assert location == "/" or location == "/%5Celsewhere.example" == wanted


async def test_signed_in_already(browser: Browser, admin: Person) -> None:
    await browser.sign_in(admin)
    assert (await browser.get("/sign-in?next=/help")).headers["location"] == "/help"


async def test_attempts_are_swept(browser: Browser, database: RolledBackDatabase) -> None:
    """Not by whoever comes to sign in; one that is still open stays."""
    await browser.get("/sign-in")
    async with database.arrange() as session:
        attempt = (await session.execute(select(SignInAttempt))).scalar_one()
        attempt.expires_at = attempt.expires_at.replace(year=2020)
    await browser.get("/sign-in")
    assert await attempts(database) == 2
    await store.sweep(database)
    assert await attempts(database) == 1


async def attempts(database: RolledBackDatabase) -> int:
    async with database.arrange() as session:
        return await session.scalar(select(func.count()).select_from(SignInAttempt)) or 0


async def test_sweeping_goes_on_while_web_runs(
    make_app: Callable[..., FastAPI], database: RolledBackDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after a fault."""
    swept = asyncio.Event()
    faults = [OSError()]

    async def sweep(_database: object) -> None:
        if faults:
            raise faults.pop()
        swept.set()

    monkeypatch.setattr(sweeping, "EVERY", timedelta(microseconds=1))
    monkeypatch.setattr(sweeping, "sweep", sweep)
    async with sweeping.sweeping(make_app(database)), asyncio.timeout(20):
        await swept.wait()


async def test_tokens_that_nobody_could_keep_go_back(
    browser: Browser, admin: Person, database: RolledBackDatabase, auth: FakeAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise Unavailable

    address = await callback(browser, admin)
    monkeypatch.setattr(sign_in, "start", broken)
    assert (await browser.get(str(address))).status_code == 503
    assert auth.revoked == list(auth.refresh_tokens) != []
    assert await sessions(database) == []
