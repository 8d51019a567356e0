"""Step-up within auth: who changes how they sign in has proved who they are a moment ago."""

from datetime import timedelta

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.service import SignedIn
from afterglow_auth.sign_in.confirming import FRESH, require_fresh
from afterglow_design.testing.page_lint import lint_page
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import select, update
from sqlmodel import col
from starlette.requests import Request

from tests.auth.arranging import PASSWORD, Browser, Program, Scene, audited, hidden_fields
from tests.auth.sign_in.walking import Factors, code_of

CONFIRM = "/auth/sign-in/confirm?next=/auth/security/password"


async def grow_stale(database: RolledBackDatabase) -> None:
    async with database.arrange() as session:
        await session.execute(update(Session).values(auth_time=col(Session.auth_time) - FRESH - timedelta(seconds=1)))


async def only_session(database: RolledBackDatabase) -> Session:
    async with database.arrange() as session:
        return (await session.scalars(select(Session))).one()


def asking(path: str, method: str = "GET", query: str = "") -> Request:
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": []}
    return Request(scope)


@pytest.mark.parametrize(
    ("request_made", "leads_back_to"),
    [
        (asking("/auth/security/password"), "%2Fauth%2Fsecurity%2Fpassword"),
        (asking("/auth/security", query="notice=x"), "%2Fauth%2Fsecurity%3Fnotice%3Dx"),
        (asking("/auth/security/codes", "POST", "a=b"), "%2Fauth%2Fsecurity%2Fcodes"),
        (asking("/auth/elsewhere"), "%2Fauth%2Fsecurity"),
    ],
)
async def test_after_ten_minutes_one_is_asked_again_and_led_back(
    scene: Scene, app: FastAPI, request_made: Request, leads_back_to: str
):
    browser, person, web, database = scene
    await browser.tokens(person.email, web)
    provider = app.state.provider
    assert await require_fresh(request_made, provider, SignedIn(person, await only_session(database))) is None
    await grow_stale(database)
    answer = await require_fresh(request_made, provider, SignedIn(person, await only_session(database)))
    assert answer
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/auth/sign-in/confirm?next={leads_back_to}"


async def test_the_same_person_in_the_same_session_under_another_cookie(scene: Scene):
    browser, person, web, database = scene
    await browser.tokens(person.email, web)
    await grow_stale(database)
    before, cookie = await only_session(database), browser.client.cookies["auth"]
    page = await browser.client.get(CONFIRM)
    assert lint_page(page.text, page.headers) == []
    assert person.email in page.text
    answer = await browser.client.post("/auth/sign-in/confirm", data={**hidden_fields(page.text), "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/auth/security/password")
    assert browser.client.cookies["auth"] != cookie
    after = await only_session(database)
    assert (after.id, after.person_id) == (before.id, person.id)
    assert after.auth_time > before.auth_time
    browser.client.cookies.clear()
    stale = await browser.client.get(CONFIRM, headers={"cookie": f"auth={cookie}"})
    assert stale.headers["location"].startswith("/auth/sign-in?next=")


async def test_what_is_wrong_proves_nothing_and_says_so(scene: Scene):
    browser, person, web, database = scene
    await browser.tokens(person.email, web)
    await grow_stale(database)
    before = await only_session(database)
    for password, words in (("", "Enter your password"), ("not-the-one-it-is", "not your password")):
        hidden = await browser.follow(CONFIRM)
        answer = await browser.client.post("/auth/sign-in/confirm", data={**hidden, "password": password})
        assert answer.status_code == 422
        assert words in answer.text
        assert lint_page(answer.text, answer.headers) == []
    assert (await only_session(database)).auth_time == before.auth_time
    assert [event.outcome for event in await audited(database, "sign_in")] == ["success", "refused"]


async def test_nobody_else_is_confirmed_and_nobody_signed_in_goes_to_sign_in(
    browser: Browser, person: Person, staff: dict[str, Person], web: Program, database: RolledBackDatabase
):
    assert (await browser.client.get(CONFIRM)).headers["location"].startswith("/auth/sign-in?next=%2Fauth%2Fsec")
    await browser.tokens(person.email, web)
    hidden = await browser.follow(CONFIRM)
    fields = {**hidden, "email": staff["admin"].email, "password": PASSWORD}
    assert (await browser.client.post("/auth/sign-in/confirm", data=fields)).status_code == 303
    assert (await only_session(database)).person_id == person.id
    forged = await browser.client.post("/auth/sign-in/confirm", data={**fields, "csrf_token": "0" * 64})
    assert forged.headers["location"].startswith("/auth/sign-in/confirm?next=")
    refused = [event for event in await audited(database, "sign_in") if event.outcome == "refused"]
    assert [event.purpose for event in refused] == ["forged_form"]


async def test_signing_in_at_auth_itself_leads_on_to_the_page_one_wanted(browser: Browser, person: Person):
    hidden = await browser.follow("/auth/sign-in?next=/auth/security")
    assert (await browser.submit(hidden, person.email)).headers["location"] == "/auth/security"


async def test_where_there_is_a_second_factor_a_password_of_a_moment_ago_does_not_do(scene: Scene, app: FastAPI):
    """It may have been added meanwhile, somewhere else: this session has not shown it."""
    browser, person, web, database = scene
    await browser.tokens(person.email, web)
    factors = Factors(app, database)
    secret = await factors.add_app(person)
    await factors.add_codes(person)
    asked = await browser.client.get("/auth/security/password")
    assert asked.headers["location"] == "/auth/sign-in/confirm?next=%2Fauth%2Fsecurity%2Fpassword"
    hidden = await browser.follow(CONFIRM)
    answer = await browser.client.post("/auth/sign-in/confirm", data={**hidden, "password": PASSWORD})
    assert answer.headers["location"] == "/auth/sign-in/second"
    still = await browser.client.get("/auth/security/password")
    assert still.headers["location"].startswith("/auth/sign-in/confirm")
    hidden = await browser.follow("/auth/sign-in/second")
    answer = await browser.client.post("/auth/sign-in/second", data={**hidden, "code": code_of(secret)})
    assert answer.headers["location"] == "/auth/security/password"
    assert (await browser.client.get("/auth/security/password")).status_code == 200
    assert (await only_session(database)).amr == ["pwd", "otp", "mfa"]
