"""Changing a role waits for a second person; exports are held at once and released after a question."""

from afterglow_foundation.testing.people import Person

from tests.web.admin.practice import Practice
from tests.web.browser import Browser, soup, words
from tests.web.fake_accounts import LATER, THEN
from tests.web.fake_portal import problem


async def test_a_role_is_asked_for(browser: Browser, admin: Person, practice: Practice) -> None:
    path = practice.page("other_therapist", "role")
    question = await browser.open_signed_in(admin, path)
    assert "Make Mateo Villanueva an admin?" in words(question)
    assert "An admin reads nothing clinical" in words(question)
    fields = {str(one["name"]): str(one["value"]) for one in soup(question).select("main input[type=hidden]")}
    for _ in range(2):
        answer = await browser.post(path, fields)
        assert (answer.status_code, answer.headers["location"]) == (303, "/proposals?notice=role-proposed")
    person = practice.other_therapist["id"]
    assert practice.changed() == [("PUT", f"people/{person}/roles/{fields['id']}")] * 2
    assert "Make Mateo Villanueva an admin" in words(await browser.get("/proposals"))


async def test_a_role_that_is_refused_is_said_in_words(browser: Browser, admin: Person, practice: Practice) -> None:
    path = practice.page("therapist", "role")
    question = await browser.open_signed_in(admin, path)
    fields = {str(one["name"]): str(one["value"]) for one in soup(question).select("main input[type=hidden]")}
    asked = f"people/{practice.therapist['id']}/roles/{fields['id']}"
    practice.accounts.answers["PUT", asked] = problem(409, "still_treating")
    answer = await browser.post(path, fields)
    assert (answer.status_code, "They still treat clients" in words(answer)) == (409, True)


async def test_a_client_stays_one(browser: Browser, admin: Person, practice: Practice) -> None:
    assert (await browser.open_signed_in(admin, practice.page("client", "role"))).status_code == 404


async def test_exports_are_held_at_once_and_released_after_a_question(
    browser: Browser, admin: Person, practice: Practice
) -> None:
    page = await browser.open_signed_in(admin, practice.page("client"))
    hold, release = practice.page("client", "export-hold"), practice.page("client", "export-hold", "end")
    assert soup(page).select_one(f"form[action='{hold}']") is not None
    answer = await browser.post(hold)
    assert answer.headers["location"] == practice.page("client") + "?notice=exports-held"
    page = await browser.get(answer.headers["location"])
    assert "Exports held" in words(page)
    assert "Nobody is told." in words(page)
    assert "nobody makes them" in words(await browser.get(release))
    answer = await browser.post(release)
    assert answer.headers["location"] == practice.page("client") + "?notice=exports-released"
    person = practice.client["id"]
    assert practice.changed() == [("PUT", f"people/{person}/export-hold"), ("DELETE", f"people/{person}/export-hold")]


async def test_staff_closed_for_a_while_wait_for_a_second_person(
    browser: Browser, admin: Person, practice: Practice
) -> None:
    who = practice.therapist
    who |= {"state": "disabled", "disabled_at": THEN}
    await browser.open_signed_in(admin, practice.page("therapist"))
    waits = practice.accounts.propose("0195e3a0-0000-7000-8000-0000000000f8", "enable", who, due_at=LATER)
    practice.accounts.answers["DELETE", f"people/{who['id']}/disablement"] = waits
    answer = await browser.post(practice.page("therapist", "enablement"))
    assert answer.headers["location"] == "/proposals?notice=enable-proposed"
    assert "Open the account of Hannah Oyelaran again, a therapist" in words(await browser.get("/proposals"))
    approval = await browser.get("/proposals/0195e3a0-0000-7000-8000-0000000000f8/approval")
    assert "signs in as before the account was closed" in words(approval)
