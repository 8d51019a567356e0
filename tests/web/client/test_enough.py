"""As many check-ins a day as the client wants to make, and no form after that unless they ask for it."""

from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_portal import FakePortal, check_in, problem

ENOUGH = "That is enough for today"


async def test_after_the_last_one_there_is_no_form(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.choices["check_ins_a_day"] = 2
    portal.entries = [check_in()]
    page = await browser.open_signed_in(client_person, "/")
    assert soup(page).select("#check-in")
    portal.entries.append(check_in())
    page = await browser.get("/")
    assert ENOUGH in words(page)
    assert "You chose to check in 2 times a day at most, and you have." in words(page)
    assert not soup(page).select("#check-in")
    asked = [one for one in portal.requests if one.url.path.endswith("/check-ins")]
    assert all({"from", "limit"} <= set(one.url.params) for one in asked)


async def test_one_more_is_never_refused(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.choices["check_ins_a_day"] = 1
    portal.entries = [check_in()]
    page = await browser.open_signed_in(client_person, "/")
    (more,) = [one for one in soup(page).select("main a") if one.get_text() == "Check in all the same"]
    assert soup(await browser.get(str(more["href"]))).select("#check-in")


async def test_without_a_limit_nobody_counts(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.entries = [check_in() for _ in range(9)]
    page = await browser.open_signed_in(client_person, "/")
    assert soup(page).select("#check-in")
    assert not [one for one in portal.requests if one.url.path.endswith("/check-ins")]


async def test_where_portal_does_not_say_the_form_is_there(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    portal.choices["check_ins_a_day"] = 1
    portal.answers["GET", "check-ins"] = problem(503, "unavailable")
    assert soup(await browser.open_signed_in(client_person, "/")).select("#check-in")
