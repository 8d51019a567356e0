"""The page of reminders: one form for what portal plans and for the hours that auth keeps."""

import httpx
import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_accounts import FakeAccounts
from tests.web.fake_portal import FakePortal, problem

SENT = {"daily": "yes", "daily_at": "20:15", "quiet_from": "21:30", "quiet_until": "07:00"}


async def test_what_holds_is_there_to_be_changed(browser: Browser, client_person: Person) -> None:
    page = soup(await browser.open_signed_in(client_person, "/reminders"))
    values = {str(field["name"]): field.get("value") for field in page.select("input[type=time]")}
    assert values == {"daily_at": "19:00", "quiet_from": "22:00", "quiet_until": "08:00"}
    assert [box["name"] for box in page.select("input[type=checkbox][checked]")] == ["daily", "after_dose"]
    assert "New York" in words(await browser.get("/reminders"))


async def test_both_halves_are_kept(
    browser: Browser, client_person: Person, portal: FakePortal, accounts: FakeAccounts
) -> None:
    await browser.open_signed_in(client_person, "/reminders")
    answer = await browser.post("/reminders", SENT)
    assert answer.headers["location"] == "/reminders?saved=true"
    assert portal.reminders == {"daily": True, "daily_at": "20:15", "after_dose": False}
    assert accounts.quiet_hours == {"from": "21:30", "until": "07:00"}
    assert "This holds from now on" in words(await browser.get("/reminders?saved=true"))


async def test_there_need_not_be_quiet_hours(browser: Browser, client_person: Person, accounts: FakeAccounts) -> None:
    await browser.open_signed_in(client_person, "/reminders")
    assert (await browser.post("/reminders", SENT | {"quiet_from": "", "quiet_until": ""})).status_code == 303
    assert accounts.quiet_hours == {"from": None, "until": None}


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("daily_at", {"daily_at": ""}),
        ("daily_at", {"daily_at": "25:00"}),
        ("daily_at", {"daily_at": "\u0660\u0668:\u0660\u0660"}),
        ("daily_at", {"daily_at": "23:00"}),  # in the quiet hours
        ("daily_at", {"daily_at": "06:59"}),
        ("quiet_from", {"quiet_from": "soon"}),
        ("quiet_from", {"quiet_from": ""}),
        ("quiet_until", {"quiet_until": ""}),
        ("quiet_until", {"quiet_until": "21:30"}),
    ],
)
async def test_what_cannot_be_is_named_and_the_rest_stays(
    browser: Browser, client_person: Person, portal: FakePortal, field: str, change: dict[str, str]
) -> None:
    await browser.open_signed_in(client_person, "/reminders")
    page = await browser.post("/reminders", SENT | change)
    assert page.status_code == 422
    assert [link["href"] for link in soup(page).select(".error-summary a")] == [f"#{field}"]
    shown = {str(one["name"]): one.get("value", "") for one in soup(page).select("input[type=time]")}
    assert shown == {name: value for name, value in (SENT | change).items() if name != "daily"}
    assert [box["name"] for box in soup(page).select("input[type=checkbox][checked]")] == ["daily"]
    assert not [request for request in portal.requests if request.method == "PUT"]


async def test_an_hour_in_quiet_hours_is_no_matter_while_the_daily_one_is_off(
    browser: Browser, client_person: Person
) -> None:
    await browser.open_signed_in(client_person, "/reminders")
    assert (await browser.post("/reminders", SENT | {"daily": "", "daily_at": "23:00"})).status_code == 303


@pytest.mark.parametrize("quiet", ["13:00", "20:30"])
async def test_hours_in_the_middle_of_a_day(browser: Browser, client_person: Person, quiet: str) -> None:
    await browser.open_signed_in(client_person, "/reminders")
    change = {"quiet_from": quiet, "quiet_until": "21:00"}
    assert (await browser.post("/reminders", SENT | change)).status_code == (422 if quiet == "13:00" else 303)


async def test_when_a_half_does_not_answer_it_says_so(
    browser: Browser, client_person: Person, accounts: FakeAccounts
) -> None:
    await browser.open_signed_in(client_person, "/reminders")
    accounts.answers["PUT", "quiet-hours"] = problem(503, "unavailable")
    assert (await browser.post("/reminders", SENT)).status_code == 503
    accounts.answers["GET", "quiet-hours"] = httpx.Response(200, json={"from": "soon"})
    assert (await browser.get("/reminders")).status_code == 503


async def test_it_is_found_beside_who_sees_what(browser: Browser, client_person: Person) -> None:
    page = await browser.open_signed_in(client_person, "/welcome")
    assert soup(page).select('a[href="/reminders"]')


async def test_staff_have_none(browser: Browser, therapist: Person) -> None:
    await browser.sign_in(therapist)
    assert (await browser.get("/reminders")).status_code == 403
