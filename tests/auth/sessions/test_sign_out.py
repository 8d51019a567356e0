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
    assert forged.status_code == 200
    cross = await browser.client.post("/auth/sign-out", data=fields, headers={"sec-fetch-site": "cross-site"})
    assert cross.status_code == 200
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
        {"client_id": "nobody"},
        {"client_id": "demo-public"},
        {"state": "s" * 2000},
    ],
)
@pytest.mark.usefixtures("public")
async def test_where_to_go_after_is_compared_exactly(
    browser: Browser, person: Person, web: Program, changes: dict[str, str]
):
    tokens = await browser.tokens(person.email, web)
    answer = await browser.client.get("/auth/sign-out", params=leaving(tokens, **changes))
    assert answer.status_code == 200
    assert "location" not in answer.headers
    assert "You are signed out" in answer.text
    assert lint_page(answer.text, answer.headers) == []


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_another_kind_of_token_is_no_hint(browser: Browser, person: Person, web: Program, kind: str):
    tokens = await browser.tokens(person.email, web)
    await browser.client.get("/auth/sign-out", params=leaving(tokens, id_token_hint=tokens[kind]))
    assert await is_signed_in(browser, web)


async def test_nobody_signed_in_is_signed_out_already(browser: Browser):
    answer = await browser.client.get("/auth/sign-out")
    assert answer.status_code == 200
    assert "You are signed out" in answer.text


async def test_malformed_input_is_a_page(browser: Browser):
    for answer in (
        await browser.client.get("/auth/sign-out?state=a&state=b"),
        await browser.client.post("/auth/sign-out", json={}),
    ):
        assert answer.status_code == 400
        assert lint_page(answer.text, answer.headers) == []
