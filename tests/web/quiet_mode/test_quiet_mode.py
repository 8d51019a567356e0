"""Quiet mode: the first page while a dosing session is open, a word with its hour, and the way out."""

import re
from collections.abc import Callable

import pytest
from afterglow_design.practice import Practice
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from fastapi import FastAPI

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_auth import FakeAuth
from tests.web.fake_journal import entry, problem
from tests.web.fake_portal import FakePortal
from tests.web.fake_quiet_mode import quiet_session
from tests.web.fake_treatment import SESSION

THREAD = "0195e3a0-0000-7000-8000-0000000000c7"
WORDS, LEAVING = "/quiet/words", "/quiet/leaving"


@pytest.fixture(autouse=True)
def quiet(portal: FakePortal) -> None:
    portal.quiet_mode.session = quiet_session()


async def test_the_first_page_is_quiet(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    """One button, help, a telephone, the way out; no navigation and no check-in."""
    page = await browser.open_signed_in(client_person, "/")
    found = soup(page)
    assert found.select("nav, header, #check-in") == []
    assert len(found.select(".quiet-keep")) == 1
    assert found.select_one(".quiet-call") is None  # this practice has no telephone
    assert "In a crisis?" in words(page)
    assert {service.href for service in Practice().crisis_services} <= {one["href"] for one in found.select("a")}
    assert found.select_one(f'form[action="{LEAVING}"] input[value="{SESSION}"]') is not None
    assert found.select_one('a[href="/path/preferences"]') is not None
    assert found.select_one('form[action="/leave"]') is not None  # the quick exit is on every page
    assert "Quiet until" in words(page)
    assert words(await browser.get("/quiet")) == words(page)
    portal.quiet_mode.session = None
    assert soup(await browser.get("/")).select("#check-in")
    assert (await browser.get("/quiet")).headers["location"] == "/"


async def test_keeping_a_word(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.quiet_mode.session = quiet_session(thread=THREAD)
    fields = form_values(await browser.open_signed_in(client_person, "/"), "word")
    answer = await browser.post(WORDS, fields | {"text": " Warm.\r\nVery far down. "})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/quiet?said={fields['id']}")
    (kept,) = portal.journal.entries.values()
    told = {name: kept[name] for name in ("id", "text", "phase", "follows", "visibility")}
    assert told == {
        "id": fields["id"],
        "text": "Warm.\nVery far down.",
        "phase": "experience",
        "follows": THREAD,
        "visibility": "only_me",
    }
    page = await browser.get(answer.headers["location"])
    assert "Kept. Only you can see it." in words(page)
    again = form_values(page, "word")
    assert again["id"] != fields["id"]
    assert not again.get("text", "").strip()


async def test_no_word_keeps_the_hour(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    fields = form_values(await browser.open_signed_in(client_person, "/"), "word")
    assert (await browser.post(WORDS, fields)).status_code == 303
    (kept,) = portal.journal.entries.values()
    assert re.fullmatch(r"\d\d:\d\d", kept["text"])


async def test_speaking_instead(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    fields = form_values(await browser.open_signed_in(client_person, "/"), "word")
    answer = await browser.post(WORDS, fields | {"speak": "yes"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/journal/{fields['id']}/recording")
    assert fields["id"] in portal.journal.entries


@pytest.mark.parametrize("agreed", [True, False])
async def test_speaking_is_offered_where_others_in_the_room_agreed(
    browser: Browser, client_person: Person, portal: FakePortal, *, agreed: bool
) -> None:
    portal.quiet_mode.session = quiet_session(may_speak=agreed)
    page = await browser.open_signed_in(client_person, "/")
    assert bool(soup(page).select("button[name=speak]")) is agreed


async def test_sent_twice_it_is_kept_once(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    """The hour differs, so portal sees another body: of the same word one is enough, another word is kept beside it."""
    fields = form_values(await browser.open_signed_in(client_person, "/"), "word")
    portal.journal.entries[fields["id"]] = entry(id=fields["id"], text="Warm")
    portal.journal.refusals["PUT"] = problem(409, "conflict")
    for text in ("Warm", ""):
        answer = await browser.post(WORDS, fields | {"text": text})
        assert answer.headers["location"] == f"/quiet?said={fields['id']}"
    refused = await browser.post(WORDS, fields | {"text": "Cold"})
    assert refused.status_code == 409  # under a new id too: this portal refuses every one
    asked = [one.url.path.rpartition("/")[2] for one in portal.requests if one.method == "PUT"]
    assert asked[-2] == fields["id"] != asked[-1]
    assert form_values(refused, "word")["text"].strip() == "Cold"


async def test_portal_away_loses_nothing(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    fields = form_values(await browser.open_signed_in(client_person, "/"), "word")
    portal.journal.refusals["PUT"] = problem(503, "unavailable")
    refused = await browser.post(WORDS, fields | {"text": "Still here"})
    assert refused.status_code == 503
    again = form_values(refused, "word")
    assert (again["text"].strip(), again["id"]) == ("Still here", fields["id"])


async def test_what_is_wrong_is_named(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    fields = form_values(await browser.open_signed_in(client_person, "/"), "word")
    portal.journal.refusals["PUT"] = problem(422, "invalid_input", "text")
    refused = await browser.post(WORDS, fields | {"text": "x"})
    assert refused.status_code == 422
    assert [one["href"] for one in soup(refused).select(".error-summary a")] == ["#text"]
    assert (await browser.post(WORDS, {"text": "x"})).status_code == 400


async def test_a_thread_that_is_gone_holds_no_word_up(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    portal.quiet_mode.session = quiet_session(thread=THREAD)
    fields = form_values(await browser.open_signed_in(client_person, "/"), "word")
    portal.journal.refusals["PUT"] = problem(422, "invalid_input", "follows")
    assert (await browser.post(WORDS, fields | {"text": "x"})).status_code == 422  # this portal refuses every one
    asked = [one.content for one in portal.requests if one.method == "PUT"]
    assert [THREAD.encode() in one for one in asked] == [True, False]


async def test_leaving(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    await browser.open_signed_in(client_person, "/")
    answer = await browser.post(LEAVING, {"session_id": SESSION})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert portal.quiet_mode.left == [f"quiet-mode/{SESSION}/leaving"]
    assert soup(await browser.get("/")).select("#check-in")


@pytest.mark.parametrize(
    ("status", "code", "shown"), [(409, "not_open", 303), (404, "not_found", 303), (503, "unavailable", 503)]
)
async def test_leaving_what_is_over(
    *, browser: Browser, client_person: Person, portal: FakePortal, status: int, code: str, shown: int
) -> None:
    await browser.open_signed_in(client_person, "/")
    portal.quiet_mode.refusal = problem(status, code)
    assert (await browser.post(LEAVING, {"session_id": SESSION})).status_code == shown
    assert (await browser.post(LEAVING, {"session_id": "x"})).status_code == 400


async def test_a_word_that_comes_after_the_end_is_kept_and_found(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    fields = form_values(await browser.open_signed_in(client_person, "/"), "word")
    portal.quiet_mode.session = None
    answer = await browser.post(WORDS, fields | {"text": "Late"})
    page = await browser.get(answer.headers["location"])
    assert (page.status_code, page.headers["location"]) == (303, f"/journal/{fields['id']}?saved=only_me")


async def test_where_portal_does_not_say_the_page_is_the_ordinary_one(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    portal.quiet_mode.refusal = problem(503, "unavailable")
    assert soup(await browser.open_signed_in(client_person, "/")).select("#check-in")


async def test_in_spanish(
    browser: Browser,
    client_person: Person,
    in_spanish: None,  # noqa: ARG001  # asked for what it puts in place
) -> None:
    page = await browser.open_signed_in(client_person, "/")
    assert "Salir del modo tranquilo" in words(page)


async def test_calling_the_practice(
    *, make_app: Callable[..., FastAPI], database: RolledBackDatabase, auth: FakeAuth, client_person: Person
) -> None:
    browser = Browser(make_app(database, practice=Practice(telephone="+1 555 010-0142")), auth)
    page = await browser.open_signed_in(client_person, "/")
    call = soup(page).select_one(".quiet-call")
    assert call is not None
    assert (call["href"], call.get_text()) == ("tel:+15550100142", "Call the practice: +1 555 010-0142")
