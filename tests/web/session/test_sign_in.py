"""Sign-in against a fake issuer: the good way, and every way an answer can be wrong."""

import time
from typing import Any

import httpx
import pytest
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL, Person
from afterglow_web.session.models import SignInAttempt, WebSession
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


@pytest.mark.parametrize("change", [{"state": "another"}, {"state": None}])
async def test_state_of_another_sign_in(
    browser: Browser, admin: Person, database: RolledBackDatabase, change: dict[str, str | None], auth: FakeAuth
) -> None:
    address = await callback(browser, admin)
    params = {name: value for name, value in {**dict(address.params), **change}.items() if value}
    await refused(browser, address.copy_with(params=params), database)
    assert auth.requests == []


async def test_state_is_bound_to_the_browser(
    browser: Browser, other_browser: Browser, admin: Person, database: RolledBackDatabase
) -> None:
    """Somebody else's answer, sent to me as a link, does not sign me in as them (login CSRF)."""
    address = await callback(browser, admin)
    await refused(other_browser, address, database)
    await other_browser.get("/sign-in")
    await refused(other_browser, address, database)


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


async def test_replayed_callback(browser: Browser, admin: Person, database: RolledBackDatabase) -> None:
    address = await callback(browser, admin)
    attempt = browser.cookie
    assert (await browser.get(str(address))).headers["location"] == "/people"
    assert (await browser.get(str(address))).headers["location"] == "/"  # still signed in: just goes on
    browser.http.cookies.set("web", str(attempt), domain="localhost.local")
    browser.http.cookies.clear()
    answer = await browser.get(str(address), cookie=f"web={attempt}")
    assert answer.status_code == 400
    assert len(await sessions(database)) == 1


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
        {"iat": int(time.time()) + 600},
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
        "/sign-out",
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
    await browser.get("/sign-in")
    async with database.arrange() as session:
        attempt = (await session.execute(select(SignInAttempt))).scalar_one()
        attempt.expires_at = attempt.expires_at.replace(year=2020)
    await browser.get("/sign-in")
    async with database.arrange() as session:
        count = await session.scalar(select(func.count()).select_from(SignInAttempt))
    assert count == 1
