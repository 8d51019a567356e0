"""Signing out: asked about unless the client proves it means this session; ends the session and its families."""

from typing import Any

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_design.testing.page_lint import lint_page
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL

from tests.auth.arranging import Browser, Program, answered, audited, hidden_fields


async def is_signed_in(browser: Browser, program: Program) -> bool:
    quiet = await browser.client.get("/auth/authorize", params=program.request(prompt="none"))
    return "code" in answered(quiet)


def leaving(tokens: dict[str, Any], **changes: str) -> dict[str, str]:
    goes_to = {"post_logout_redirect_uri": f"{BASE_URL}/", "state": "after"}
    return {"id_token_hint": tokens["id_token"], **goes_to} | changes


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_with_this_sessions_id_token_it_is_done_at_once(
    browser: Browser, person: Person, web: Program, database: RolledBackDatabase, method: str
):
    tokens = await browser.tokens(person.email, web)
    sent = {"params" if method == "GET" else "data": leaving(tokens)}
    answer = await browser.client.request(method, "/auth/sign-out", **sent)
    if method == "POST":
        answer = await browser.client.get(answer.headers["location"])
    assert answer.headers["location"] == f"{BASE_URL}/?state=after"
    assert not await is_signed_in(browser, web)
    refreshed = await browser.client.post("/auth/token", data=web.refresh_form(tokens["refresh_token"]))
    assert refreshed.json()["error"] == "invalid_grant"
    assert [event.actor_id for event in await audited(database, "session:ended")] == [person.id]


async def test_without_a_hint_somebody_is_asked_first(browser: Browser, person: Person, web: Program):
    await browser.tokens(person.email, web)
    wish = {"client_id": "web", "post_logout_redirect_uri": f"{BASE_URL}/", "state": "after"}
    page = await browser.client.get("/auth/sign-out", params=wish)
    assert page.status_code == 200
    assert lint_page(page.text, page.headers) == []
    assert page.headers["cache-control"] == "no-store"
    assert await is_signed_in(browser, web)
    fields = hidden_fields(page.text)
    forged = await browser.client.post("/auth/sign-out", data=fields | {"csrf_token": "0" * 64})
    assert forged.status_code == 303
    assert (await browser.client.get(forged.headers["location"])).status_code == 200
    cross = await browser.client.post("/auth/sign-out", data=fields, headers={"sec-fetch-site": "cross-site"})
    assert cross.status_code == 303
    assert "csrf_token" not in cross.headers["location"]
    assert await is_signed_in(browser, web)
    answer = await browser.client.post("/auth/sign-out", data=fields)
    assert answer.headers["location"] == f"{BASE_URL}/?state=after"
    assert not await is_signed_in(browser, web)


async def test_another_sessions_id_token_ends_nothing_unasked(
    browser: Browser, other_browser: Browser, person: Person, web: Program
):
    theirs = await other_browser.tokens(person.email, web)
    await browser.tokens(person.email, web)
    assert (await browser.client.get("/auth/sign-out", params=leaving(theirs))).status_code == 200
    assert await is_signed_in(browser, web)
    assert await is_signed_in(other_browser, web)


@pytest.mark.parametrize(
    "changes",
    [
        {"post_logout_redirect_uri": "https://evil.example/"},
        {"post_logout_redirect_uri": f"{BASE_URL}/more"},
        {"post_logout_redirect_uri": BASE_URL},
        {"state": "s" * 2000},
    ],
)
async def test_where_to_go_after_is_compared_exactly(
    browser: Browser, person: Person, web: Program, changes: dict[str, str]
):
    tokens = await browser.tokens(person.email, web)
    answer = await browser.client.get("/auth/sign-out", params=leaving(tokens, **changes))
    assert answer.status_code == 200
    assert "location" not in answer.headers
    assert "You are signed out" in answer.text
    assert lint_page(answer.text, answer.headers) == []


@pytest.mark.parametrize("named", ["nobody", "demo-public"])
@pytest.mark.usefixtures("public")
async def test_an_id_token_of_another_client_than_is_named_is_no_hint(
    browser: Browser, other_browser: Browser, person: Person, web: Program, named: str
):
    tokens = await browser.tokens(person.email, web)
    for asking in (browser, other_browser):
        answer = await asking.client.get("/auth/sign-out", params=leaving(tokens, client_id=named))
        assert (answer.status_code, "location" in answer.headers) == (200, False)
    assert await is_signed_in(browser, web)


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_another_kind_of_token_is_no_hint(browser: Browser, person: Person, web: Program, kind: str):
    tokens = await browser.tokens(person.email, web)
    await browser.client.get("/auth/sign-out", params=leaving(tokens, id_token_hint=tokens[kind]))
    assert await is_signed_in(browser, web)


async def test_where_nobody_is_found_nothing_is_claimed(browser: Browser, web: Program):
    goes_to = {"client_id": "web", "post_logout_redirect_uri": f"{BASE_URL}/"}
    await browser.form(web.request())  # a cookie, but nobody has signed in with it
    for sent in ({}, goes_to, goes_to | {"id_token_hint": "a.b.c"}):
        answer = await browser.client.get("/auth/sign-out", params=sent)
        assert answer.status_code == 200
        assert "nobody to sign out" in answer.text
        assert "You are signed out" not in answer.text
        assert "set-cookie" not in answer.headers
        assert lint_page(answer.text, answer.headers) == []


@pytest.mark.parametrize("token", [{}, {"csrf_token": "0" * 64}])
async def test_a_post_from_elsewhere_costs_no_cookie_and_goes_on_as_get(
    browser: Browser, other_browser: Browser, person: Person, web: Program, token: dict[str, str]
):
    """A browser keeps a SameSite cookie back from another site's POST and sends it with the GET that follows."""
    tokens = await browser.tokens(person.email, web)
    cross = {"sec-fetch-site": "cross-site", "origin": "https://client.example"}
    posted = await other_browser.client.post("/auth/sign-out", data=leaving(tokens) | token, headers=cross)
    assert posted.status_code == 303
    assert "set-cookie" not in posted.headers
    assert await is_signed_in(browser, web)
    answer = await browser.client.get(posted.headers["location"])
    assert answer.headers["location"] == f"{BASE_URL}/?state=after"
    assert 'auth="";' in answer.headers["set-cookie"]
    assert not await is_signed_in(browser, web)


async def test_without_a_cookie_the_id_token_names_the_session(
    browser: Browser, other_browser: Browser, person: Person, web: Program, database: RolledBackDatabase
):
    tokens = await browser.tokens(person.email, web)
    for _ in range(2):  # found ended the second time, which is as good
        answer = await other_browser.client.get("/auth/sign-out", params=leaving(tokens))
        assert answer.headers["location"] == f"{BASE_URL}/?state=after"
        assert "set-cookie" not in answer.headers  # a cookie that did not come may be of another session
    assert not await is_signed_in(browser, web)
    refreshed = await browser.client.post("/auth/token", data=web.refresh_form(tokens["refresh_token"]))
    assert refreshed.json()["error"] == "invalid_grant"
    (event,) = await audited(database, "session:ended")
    assert (event.actor_id, event.subject_id, event.purpose) == (None, person.id, "id_token_hint")
    dropped = await browser.client.get("/auth/sign-out")
    assert 'auth="";' in dropped.headers["set-cookie"]
    assert "You are signed out" in dropped.text


async def test_without_a_cookie_a_programs_id_token_ends_nothing(
    browser: Browser, other_browser: Browser, person: Person, web: Program, database: RolledBackDatabase
):
    """Whoever has read it may not sign the person out unasked; from a session that has ended it goes on."""
    async with database.arrange() as session:
        program = await Program("diary", built_in=False, run_by="Somebody").register(session)
    tokens = await browser.tokens(person.email, program)
    goes_to = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": f"{BASE_URL}/"}
    for method in ("GET", "POST"):
        sent: dict[str, Any] = {"params" if method == "GET" else "data": goes_to}
        answer = await other_browser.client.request(method, "/auth/sign-out", **sent)
        if method == "POST":
            answer = await other_browser.client.get(answer.headers["location"])
        assert "nobody to sign out" in answer.text
    assert await is_signed_in(browser, web)
    assert await audited(database, "session:ended") == []
    await browser.client.get("/auth/sign-out", params=goes_to)
    answer = await other_browser.client.get("/auth/sign-out", params=goes_to)
    assert answer.headers["location"] == f"{BASE_URL}/"


async def test_malformed_input_is_a_page(browser: Browser):
    for answer in (
        await browser.client.get("/auth/sign-out?state=a&state=b"),
        await browser.client.post("/auth/sign-out", json={}),
    ):
        assert answer.status_code == 400
        assert lint_page(answer.text, answer.headers) == []
