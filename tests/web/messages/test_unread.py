"""The count of unread messages in the navigation: on every page, and never in the way of one."""

import time

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_messaging import FakeMessaging, problem

CLIENT_PAGES = ["/", "/check-ins", "/welcome", "/help", "/messages"]
THERAPIST_PAGES = ["/caseload", "/help", "/messages"]


def count(page: object) -> str | None:
    """The count that the navigation shows, with its words for those who hear it; None where none is shown."""
    pill = soup(page).select_one('nav [data-count="unread"]')  # type: ignore[arg-type]  # an answer
    assert pill is not None
    return None if pill.has_attr("hidden") else " ".join(pill.get_text().split())


@pytest.mark.parametrize("path", CLIENT_PAGES)
async def test_a_client(
    *,
    browser: Browser,
    client_person: Person,
    therapist: Person,
    other_therapist: Person,
    messaging: FakeMessaging,
    path: str,
) -> None:
    messaging.open(client_person, therapist, "One", "Two")
    messaging.open(client_person, other_therapist, "Three")
    page = await browser.open_signed_in(client_person, path)
    assert count(page) == "3 unread"
    assert [script for script in soup(page).select("script[type=module]") if "/live." in str(script["src"])]
    assert messaging.called().count("unread") == 1


@pytest.mark.parametrize("path", THERAPIST_PAGES)
async def test_a_therapist(
    browser: Browser, client_person: Person, therapist: Person, messaging: FakeMessaging, path: str
) -> None:
    found = messaging.open(client_person, therapist, "My own does not count")
    assert count(await browser.open_signed_in(therapist, path)) is None
    messaging.write(found, client_person, "Hello")
    assert count(await browser.get(path)) == "1 unread"


@pytest.mark.parametrize("path", ["/check-ins", "/welcome"])
async def test_a_form_that_comes_back(
    browser: Browser, client_person: Person, therapist: Person, messaging: FakeMessaging, path: str
) -> None:
    messaging.open(client_person, therapist, "One")
    await browser.open_signed_in(client_person)
    answer = await browser.post(path, {"mood": "much", "id": "x"})
    assert answer.status_code == 422
    assert count(answer) == "1 unread"


@pytest.mark.parametrize("path", ["/", "/check-ins", "/help"])
async def test_messaging_away(browser: Browser, client_person: Person, messaging: FakeMessaging, path: str) -> None:
    messaging.down = True
    page = await browser.open_signed_in(client_person, path)
    assert page.status_code == 200
    assert count(page) is None


async def test_messaging_in_trouble(browser: Browser, client_person: Person, messaging: FakeMessaging) -> None:
    messaging.answers["GET", "unread"] = problem(503, "unavailable")
    assert count(await browser.open_signed_in(client_person, "/check-ins")) is None


async def test_messaging_slow(browser: Browser, client_person: Person, messaging: FakeMessaging) -> None:
    await browser.open_signed_in(client_person)
    messaging.slow = 100
    begun = time.monotonic()
    assert (await browser.get("/check-ins")).status_code == 200
    assert time.monotonic() - begun < 30


async def test_what_is_saved_waits_for_no_count(
    browser: Browser, client_person: Person, messaging: FakeMessaging
) -> None:
    await browser.open_signed_in(client_person)
    messaging.requests.clear()
    answer = await browser.post("/check-ins", {"mood": "1", "id": "0195e3a0-0000-7000-8000-000000000001"})
    assert answer.status_code == 303
    await browser.fragment("/check-ins?after=10")
    assert messaging.requests == []


async def test_nobody_and_admins_are_not_counted(browser: Browser, admin: Person, messaging: FakeMessaging) -> None:
    await browser.get("/help")
    page = await browser.open_signed_in(admin, "/help")
    assert "unread" not in words(page)
    assert messaging.requests == []
