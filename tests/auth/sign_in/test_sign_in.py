"""The sign-in page: same answer whoever is asked about, no fixation, no forged form, no skipped step."""

import re
from typing import Any

import pytest
from afterglow_auth.accounts import passwords
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import disable
from afterglow_auth.main import create
from afterglow_auth.sessions.models import Session
from afterglow_auth.settings import Settings
from afterglow_design.testing.page_lint import lint_page
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL
from bs4 import BeautifulSoup
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import select

from tests.auth.arranging import (
    PASSWORD,
    Browser,
    Program,
    Scene,
    add_person,
    answered,
    audited,
    hidden_fields,
    open_browser,
)

WRONG = "wrong-but-long-enough"


def without_tokens(html: str) -> str:
    return re.sub(r"[0-9a-f]{64}|value=\"[^\"]*@[^\"]*\"|challenge&#34;:&#34;[^&]*", "", html)


async def test_the_page_is_sound_and_says_who_asks(browser: Browser, public: Program):
    page = await browser.client.get("/auth/sign-in", params=public.request(login_hint="rowan@example.org"))
    assert lint_page(page.text, page.headers) == []
    assert page.headers["cache-control"] == "no-store"
    assert "The program demo-public" in page.text
    assert 'value="rowan@example.org"' in page.text
    assert "form-action 'self' http://127.0.0.1:8765;" in page.headers["content-security-policy"]
    plain = await browser.client.get("/auth/sign-in")
    assert lint_page(plain.text, plain.headers) == []
    assert "form-action 'self';" in plain.headers["content-security-policy"]


async def test_the_same_answer_whether_an_account_exists_or_not(
    scene: Scene, staff: dict[str, Person], monkeypatch: pytest.MonkeyPatch
):
    browser, person, web, database = scene
    async with database.as_role("auth_worker"), database.sessions() as session, session.begin():
        await disable(session, staff["therapist"].id)
        invited = await add_person(session)
        invited.password_hash = None
    verified: list[str] = []
    original = passwords.HASHER.verify_and_update

    def counted(password: str, stored: str) -> Any:
        verified.append(stored)
        return original(password, stored)

    monkeypatch.setattr(passwords.HASHER, "verify_and_update", counted)
    disabled = staff["therapist"]
    tries = [(person.email, WRONG), ("nobody@example.org", WRONG), (disabled.email, PASSWORD), (invited.email, WRONG)]
    answers = [await browser.sign_in(email, web.request(), password) for email, password in tries]
    assert {answer.status_code for answer in answers} == {400}
    assert len({without_tokens(answer.text) for answer in answers}) == 1
    assert len(verified) == 4
    assert len({stored.rsplit("$", 2)[0] for stored in verified}) == 1  # the same cost each time
    assert "do not belong together" in answers[0].text
    refused = await audited(database, "sign_in")
    assert [(event.outcome, event.purpose) for event in refused] == [("refused", "not_right")] * 4
    assert {event.subject_id for event in refused} == {person.id, None, disabled.id, invited.id}


async def test_after_a_failure_the_address_stays_and_the_password_does_not(
    browser: Browser, person: Person, web: Program
):
    answer = await browser.sign_in(person.email, web.request(), WRONG)
    assert f'value="{person.email}"' in answer.text
    assert WRONG not in answer.text
    assert lint_page(answer.text, answer.headers) == []
    again = await browser.submit(hidden_fields(answer.text), person.email)
    assert "code" in answered(again)


@pytest.mark.parametrize("fields", [{}, {"email": ""}, {"email": "a@b"}, {"password": PASSWORD}, {"email": " "}])
async def test_an_empty_form_skips_nothing(browser: Browser, web: Program, fields: dict[str, str]):
    hidden = await browser.form(web.request())
    answer = await browser.client.post("/auth/sign-in", data=hidden | fields)
    assert answer.status_code == 422
    assert lint_page(answer.text, answer.headers) == []
    assert (await browser.client.post("/auth/sign-in")).status_code == 400
    quiet = await browser.client.get("/auth/authorize", params=web.request(prompt="none"))
    assert answered(quiet)["error"] == "login_required"


async def test_no_session_fixation(browser: Browser, person: Person, web: Program, database: RolledBackDatabase):
    planted = "p" * 43
    browser.client.cookies.set("auth", planted, domain="localhost.local", path="/")
    hidden = await browser.form(web.request())
    before = browser.client.cookies["auth"]
    answer = await browser.submit(hidden, person.email)
    after = browser.client.cookies["auth"]
    assert answer.status_code == 303
    assert after not in {planted, before}
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    async with database.arrange() as session:
        row = (await session.scalars(select(Session))).one()
    assert after.encode() not in row.cookie_hash
    browser.client.cookies.clear()
    for stale in (planted, before):
        quiet = await browser.client.get(
            "/auth/authorize", params=web.request(prompt="none"), headers={"cookie": f"auth={stale}"}
        )
        assert answered(quiet)["error"] == "login_required"


async def test_signing_in_again_rotates_the_cookie_and_ends_the_old_one(
    browser: Browser, person: Person, web: Program, database: RolledBackDatabase
):
    await browser.tokens(person.email, web)
    first = browser.client.cookies["auth"]
    await browser.tokens(person.email, web, prompt="login")
    assert browser.client.cookies["auth"] != first
    async with database.arrange() as session:
        assert len((await session.scalars(select(Session))).all()) == 1


async def test_somebody_else_in_the_same_browser_ends_the_first_session(
    browser: Browser, person: Person, staff: dict[str, Person], web: Program
):
    first = await browser.tokens(person.email, web)
    await browser.tokens(staff["therapist"].email, web, prompt="login")
    refreshed = await browser.client.post("/auth/token", data=web.refresh_form(first["refresh_token"]))
    assert refreshed.json()["error"] == "invalid_grant"


FORGED = {
    "no token": ({"csrf_token": ""}, {}),
    "another token": ({"csrf_token": "0" * 64}, {}),
    "odd token": ({"csrf_token": "é"}, {}),
    "another site": ({}, {"sec-fetch-site": "cross-site"}),
    "a sibling site": ({}, {"sec-fetch-site": "same-site"}),
    "another origin": ({}, {"origin": "https://evil.example"}),
    "origin by suffix": ({}, {"origin": f"{BASE_URL}.evil.example"}),
    "a hidden origin": ({}, {"origin": "null"}),
    "a hidden origin from another site": ({}, {"origin": "null", "sec-fetch-site": "cross-site"}),
    "no cookie": ({}, {"cookie": ""}),
    "the attacker's cookie": ({}, {"cookie": f"auth={'a' * 43}"}),
}


@pytest.mark.parametrize(("fields", "headers"), FORGED.values(), ids=FORGED.keys())
async def test_a_forged_form_signs_nobody_in(scene: Scene, fields: dict[str, str], headers: dict[str, str]):
    browser, person, web, database = scene
    hidden = await browser.form(web.request())
    if "cookie" in headers:
        browser.client.cookies.clear()
    sent = hidden | {"email": person.email, "password": PASSWORD} | fields
    answer = await browser.client.post("/auth/sign-in", data=sent, headers=headers)
    assert answer.status_code == 403
    assert lint_page(answer.text, answer.headers) == []
    assert "set-cookie" not in answer.headers
    assert await audited(database, "sign_in") == []
    again = BeautifulSoup(answer.text, "html5lib").select_one("main a[href^='/auth/sign-in?']")
    assert again
    assert (await browser.submit(await browser.follow(str(again["href"])), person.email)).status_code == 303


async def test_a_forged_form_in_somebodys_session_is_kept(scene: Scene):
    browser, person, web, database = scene
    await browser.tokens(person.email, web)
    fields = {"email": person.email, "password": PASSWORD, "csrf_token": "0" * 64}
    assert (await browser.client.post("/auth/sign-in", data=fields)).status_code == 403
    assert (await browser.client.post("/auth/sign-out", data=fields)).status_code == 303
    for action in ("sign_in", "session:ended"):
        (event,) = [event for event in await audited(database, action) if event.outcome == "refused"]
        assert (event.actor_id, event.subject_id, event.purpose) == (person.id, person.id, "forged_form")


@pytest.mark.parametrize(
    "headers",
    [{"origin": BASE_URL, "sec-fetch-site": "same-origin"}, {"origin": "null", "sec-fetch-site": "same-origin"}],
)
async def test_our_own_form_as_browsers_send_it(
    browser: Browser, person: Person, web: Program, headers: dict[str, str]
):
    hidden = await browser.form(web.request())
    sent = hidden | {"email": person.email, "password": PASSWORD}
    assert (await browser.client.post("/auth/sign-in", data=sent, headers=headers)).status_code == 303


@pytest.mark.parametrize("goes_to", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x"])
async def test_no_open_redirect(browser: Browser, person: Person, web: Program, goes_to: str):
    hidden = await browser.form(web.request())
    for ask in (f"return_to={goes_to}", f"redirect_uri={goes_to}", f"client_id=web&redirect_uri={goes_to}"):
        answer = await browser.submit(hidden | {"ask": ask}, person.email)
        assert answer.status_code == 400
        assert "location" not in answer.headers
    plain = await browser.submit(await browser.form() | {"ask": goes_to}, person.email)
    assert plain.headers["location"] == f"{BASE_URL}/"


async def test_the_pending_request_is_checked_again(browser: Browser, person: Person, web: Program):
    hidden = await browser.form(web.request())
    downgraded = hidden["ask"].replace("S256", "plain")
    answer = await browser.submit(hidden | {"ask": downgraded}, person.email)
    assert answered(answer)["error"] == "invalid_request"
    assert "auth" not in answer.headers.get("set-cookie", "")


async def test_staff_without_a_second_factor_are_led_to_one_where_the_practice_says_so(
    settings: Settings, database: RolledBackDatabase, staff: dict[str, Person], person: Person, web: Program
):
    strict = create(settings.model_copy(update={"mfa_required_for_staff": True}), database=database)
    async with open_browser(strict) as client:
        browser = Browser(client)
        for colleague in staff.values():
            answer = await browser.sign_in(colleague.email, web.request())
            assert answer.headers["location"] == "/auth/sign-in/factor"
        async with database.arrange() as session:
            assert (await session.scalars(select(Session))).all() == []
        assert "code" in answered(await browser.sign_in(person.email, web.request()))


async def test_in_production_the_cookie_is_bound_to_the_host(settings: Settings, database: RolledBackDatabase):
    secure = settings.model_copy(update={"base_url": "https://portal.example.org"})
    async with open_browser(create(secure, database=database)) as client:
        cookie = (await client.get("/auth/sign-in")).headers["set-cookie"]
    assert cookie.startswith("__Host-auth=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


async def test_a_password_is_the_same_however_its_letters_are_composed(
    browser: Browser, database: RolledBackDatabase, web: Program
):
    composed, decomposed = "caf\u00e9-on-the-harbour", "cafe\u0301-on-the-harbour"
    async with database.arrange() as session:
        guest = await add_person(session, password=composed)
    assert (await browser.sign_in(guest.email, web.request(), decomposed)).status_code == 303


@pytest.mark.usefixtures("true_hashing")
async def test_an_old_hash_is_renewed_at_sign_in(browser: Browser, person: Person, database: RolledBackDatabase):
    weak = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),)).hash(PASSWORD)
    async with database.arrange() as session:
        (await session.get_one(Person, person.id)).password_hash = weak
    await browser.submit(await browser.form(), person.email)
    async with database.arrange() as session:
        assert "m=19456,t=2,p=1" in (await session.get_one(Person, person.id)).password_hash


async def test_nobody_is_signed_in_when_the_code_cannot_be_stored(
    browser: Browser, person: Person, web: Program, database: RolledBackDatabase, monkeypatch: pytest.MonkeyPatch
):
    async def fail(*_: object) -> None:
        raise OSError("the disk is full")

    hidden = await browser.form(web.request())
    monkeypatch.setattr("afterglow_auth.oauth.authorize.give_code", fail)
    answer = await browser.submit(hidden, person.email)
    assert answer.status_code >= 500
    assert "disk" not in answer.text
    async with database.arrange() as session:
        assert (await session.scalars(select(Session))).all() == []
    assert await audited(database, "sign_in") == []
