"""The standing choices: asked before the first check-in, nothing chosen beforehand, both needed."""

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_portal import FakePortal, problem


async def test_led_there_first(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.choices = {"check_ins": None, "journal": None}
    await browser.sign_in(client_person)
    assert (await browser.get("/")).headers["location"] == "/welcome"
    page = await browser.get("/welcome")
    assert not soup(page).select("input[checked]")
    assert {str(field["name"]) for field in soup(page).select("input[type=radio]")} == {"check_ins", "journal"}


async def test_choose(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.choices = {"check_ins": None, "journal": None}
    await browser.open_signed_in(client_person, "/welcome")
    answer = await browser.post("/welcome", {"check_ins": "therapist", "journal": "only_me"})
    assert answer.headers["location"] == "/"
    assert portal.choices == {"check_ins": "therapist", "journal": "only_me"}


@pytest.mark.parametrize("journal", ["", "everybody"])
async def test_one_missing_keeps_the_other(
    browser: Browser, client_person: Person, portal: FakePortal, journal: str
) -> None:
    portal.choices = {"check_ins": None, "journal": None}
    await browser.open_signed_in(client_person, "/welcome")
    page = await browser.post("/welcome", {"check_ins": "next_session", "journal": journal})
    assert page.status_code == 422
    assert "Say who may see your journal" in words(page)
    (chosen,) = soup(page).select("input[checked]")
    assert (chosen["name"], chosen["value"]) == ("check_ins", "next_session")
    assert soup(page).select(".error-summary a")[0]["href"] == "#journal"
    assert portal.choices["check_ins"] is None


async def test_enough_is_chosen_once_the_first_two_are(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    page = await browser.open_signed_in(client_person, "/welcome")
    options = soup(page).select("#check_ins_a_day option")
    assert [str(one["value"]) for one in options] == ["0", "1", "2", "3", "4"]
    both = {"check_ins": "therapist", "journal": "only_me"}
    await browser.post("/welcome", both | {"check_ins_a_day": "2"})
    assert portal.choices == both | {"check_ins_a_day": 2}
    refused = await browser.post("/welcome", both | {"check_ins_a_day": "-1"})
    assert refused.status_code == 422
    assert soup(refused).select(".error-summary a")[0]["href"] == "#check_ins_a_day"


async def test_after_a_dose_a_wider_choice_can_wait(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    wrong = [{"field": "journal", "code": "until_morning", "message": "x"}]
    portal.answers["PUT", "choices"] = problem(422, "invalid_input", wrong)
    await browser.open_signed_in(client_person, "/welcome")
    page = await browser.post("/welcome", {"check_ins": "only_me", "journal": "therapist"})
    assert page.status_code == 422
    assert "nothing opens wider until the next morning" in words(page)
    assert soup(page).select(".error-summary a")[0]["href"] == "#journal"
