"""Failures: a calm page for people, problem+json for programs, never a trace and never a token."""

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_auth import FakeAuth
from tests.web.fake_portal import FakePortal, problem


async def test_an_unknown_page(browser: Browser) -> None:
    answer = await browser.get("/nowhere")
    assert answer.status_code == 404
    assert "There is nothing here" in words(answer)
    assert answer.headers["x-request-id"] in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_a_program_gets_a_document(browser: Browser) -> None:
    answer = await browser.http.get("/nowhere", headers={"accept": "application/json"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


async def test_a_foreign_record_is_not_a_number_either(browser: Browser, therapist: Person) -> None:
    await browser.open_signed_in(therapist)
    answer = await browser.get("/clients/not-an-id")
    assert answer.status_code == 422
    assert "not-an-id" not in words(answer)


@pytest.mark.parametrize(
    ("upstream", "shown"), [(403, 403), (404, 404), (429, 429), (500, 503), (502, 503), (503, 503), (418, 503)]
)
async def test_upstream_statuses(
    browser: Browser, client_person: Person, portal: FakePortal, upstream: int, shown: int
) -> None:
    await browser.open_signed_in(client_person)
    portal.answers["GET", "check-ins"] = problem(upstream, "whatever")
    answer = await browser.get("/check-ins")
    assert answer.status_code == shown
    assert soup(answer).find(string="Sign out") is not None


async def test_an_answer_that_nobody_understands(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    await browser.open_signed_in(client_person)
    portal.answers["GET", "check-ins"] = httpx.Response(200, json={"items": "none"})
    assert (await browser.get("/check-ins")).status_code == 503


async def test_portal_away(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    await browser.open_signed_in(client_person)
    portal.down = True
    for path in ("/", "/check-ins", "/welcome"):
        answer = await browser.get(path)
        assert answer.status_code == 503
        assert "not available right now" in words(answer)
    assert (await browser.get("/help")).status_code == 200


async def test_a_token_that_portal_refuses_means_signing_in_again(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    await browser.open_signed_in(client_person)
    portal.answers["GET", "check-ins"] = problem(401, "not_authenticated")
    assert (await browser.get("/check-ins")).headers["location"] == "/sign-in?next=%2Fcheck-ins"


async def test_htmx_gets_a_sentence_or_the_way_to_sign_in(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    answer = await browser.fragment("/check-ins")
    assert answer.headers["hx-redirect"] == "/sign-in"
    await browser.open_signed_in(client_person)
    portal.down = True
    answer = await browser.fragment("/check-ins?after=20")
    assert answer.status_code == 503
    assert "<html" not in answer.text
    assert "not available right now" in answer.text


async def test_no_page_shows_a_token(
    browser: Browser, client_person: Person, auth: FakeAuth, portal: FakePortal
) -> None:
    await browser.open_signed_in(client_person, "/")
    seen = [await browser.get(path) for path in ("/", "/check-ins", "/welcome", "/help", "/nowhere", "/people")]
    seen.append(await browser.put(f"/check-ins/{new_id()}", json={"mood": 1}))
    tokens = [request.headers["authorization"].removeprefix("Bearer ") for request in portal.requests]
    assert tokens
    for answer in seen:
        whole = answer.text + str(answer.headers) + str(browser.http.cookies)
        assert not any(secret in whole for secret in [*tokens, *auth.refresh_tokens])
        assert "eyJ" not in whole
