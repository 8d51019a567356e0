"""Failures: a calm page for people, problem+json for programs, never a trace and never a token."""

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import BASE_URL, Person

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


@pytest.mark.parametrize("path", ["/clients/not-an-id", "/clients/not-an-id?after=2"])
async def test_an_address_that_names_nothing(browser: Browser, therapist: Person, path: str) -> None:
    await browser.open_signed_in(therapist)
    answer = await browser.get(path)
    assert answer.status_code == 404
    assert "There is nothing here" in words(answer)
    assert "not-an-id" not in words(answer)
    document = await browser.http.get(path, headers={"accept": "application/json"})
    assert (document.status_code, document.json()["code"]) == (422, "invalid_input")


async def test_an_address_that_portal_cannot_use(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    await browser.open_signed_in(client_person)
    portal.answers["GET", "check-ins"] = problem(422, "invalid_input")
    answer = await browser.get("/check-ins?after=garbage")
    assert answer.status_code == 404
    assert "nothing was saved" not in words(answer)


async def test_a_form_that_cannot_be_used_stays_422(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    await browser.open_signed_in(client_person)
    portal.answers["PUT", "choices"] = problem(422, "invalid_input")
    answer = await browser.post("/welcome", {"check_ins": "only_me", "journal": "only_me"})
    assert answer.status_code == 422
    assert "nothing was saved" in words(answer)


@pytest.mark.parametrize("kept", ["garbage", "", "0"])
async def test_a_kept_form_that_is_none(browser: Browser, client_person: Person, kept: str) -> None:
    assert (await browser.get(f"/?kept={kept}")).status_code == 200
    await browser.open_signed_in(client_person)
    assert (await browser.get(f"/?kept={kept}")).status_code == 200


async def test_an_address_of_a_button(browser: Browser) -> None:
    answer = await browser.get("/leave")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert "does not open by itself" in words(answer)


async def test_the_fault_is_ours_only_when_it_is(browser: Browser, client_person: Person) -> None:
    """A status without words of its own, here 415, gets those of a request that could not be read."""
    await browser.open_signed_in(client_person)
    headers = {"origin": BASE_URL, "content-type": "text/plain"}
    answer = await browser.http.post("/welcome", content="check_ins=only_me", headers=headers)
    assert answer.status_code == 415
    assert "That could not be understood" in words(answer)
    assert "on our side" not in words(answer)


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


@pytest.mark.parametrize(
    ("status", "code"), [(401, "not_authenticated"), (401, "session_revoked"), (403, "account_closed")]
)
async def test_who_portal_refuses_at_all_is_signed_out(
    browser: Browser, client_person: Person, portal: FakePortal, status: int, code: str
) -> None:
    """Also while portal has heard of it, and web has not."""
    await browser.open_signed_in(client_person)
    portal.answers["GET", "check-ins"] = problem(status, code)
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
