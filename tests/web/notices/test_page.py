"""How somebody is told: one form for what messaging tells of and what auth keeps; and the browsers beside it."""

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_accounts import FakeAccounts
from tests.web.fake_messaging import FakeMessaging
from tests.web.fake_portal import problem

SENT = {"messages": "yes", "way": "both", "quiet_from": "21:30", "quiet_until": "07:00"}


@pytest.fixture(params=["client", "therapist"])
def person(request: pytest.FixtureRequest, client_person: Person, therapist: Person) -> Person:
    return {"client": client_person, "therapist": therapist}[request.param]


async def test_what_holds_is_there_to_be_changed(browser: Browser, person: Person) -> None:
    page = soup(await browser.open_signed_in(person, "/notices"))
    values = {str(field["name"]): field.get("value") for field in page.select("input[type=time]")}
    assert [radio["value"] for radio in page.select("input[type=radio][checked]")] == ["mail"]
    assert values == {"quiet_from": "22:00", "quiet_until": "08:00"}
    assert [box["name"] for box in page.select("input[type=checkbox][checked]")] == ["messages"]


async def test_both_halves_are_kept(
    browser: Browser, person: Person, messaging: FakeMessaging, accounts: FakeAccounts
) -> None:
    await browser.open_signed_in(person, "/notices")
    answer = await browser.post("/notices", SENT | {"messages": ""})
    assert answer.headers["location"] == "/notices?saved=true"
    assert messaging.notice_choices == {"messages": False}
    assert (accounts.quiet_hours, accounts.notice_way) == ({"from": "21:30", "until": "07:00"}, "both")
    assert "This holds from now on" in words(await browser.get("/notices?saved=true"))


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("way", {"way": "pigeon"}),
        ("quiet_from", {"quiet_from": "soon"}),
        ("quiet_from", {"quiet_from": ""}),
        ("quiet_until", {"quiet_until": ""}),
        ("quiet_until", {"quiet_until": "21:30"}),
    ],
)
async def test_what_cannot_be_is_named_and_the_rest_stays(
    browser: Browser, therapist: Person, messaging: FakeMessaging, field: str, change: dict[str, str]
) -> None:
    await browser.open_signed_in(therapist, "/notices")
    page = await browser.post("/notices", SENT | change)
    assert page.status_code == 422
    assert [link["href"] for link in soup(page).select(".error-summary a")] == [f"#{field}"]
    shown = {str(one["name"]): one.get("value", "") for one in soup(page).select("input[type=time]")}
    assert shown == {name: value for name, value in (SENT | change).items() if name not in {"messages", "way"}}
    assert [box["name"] for box in soup(page).select("input[type=checkbox][checked]")] == ["messages"]
    assert messaging.called("PUT") == []


async def test_when_a_half_does_not_answer_it_says_so(
    browser: Browser, therapist: Person, accounts: FakeAccounts
) -> None:
    await browser.open_signed_in(therapist, "/notices")
    accounts.answers["PUT", "quiet-hours"] = problem(503, "unavailable")
    assert (await browser.post("/notices", SENT)).status_code == 503


async def test_it_is_found_beside_the_messages(browser: Browser, therapist: Person) -> None:
    page = await browser.open_signed_in(therapist, "/messages")
    assert soup(page).select('a[href="/notices"]')


async def test_admins_have_none(browser: Browser, admin: Person) -> None:
    await browser.sign_in(admin)
    assert (await browser.get("/notices")).status_code == 403


SUBSCRIPTION = {"id": str(new_id()), "endpoint": "https://push.example/x", "p256dh": "BLc4", "auth": "BTBZ"}


@pytest.mark.parametrize(("before", "after"), [("mail", "push"), ("both", "both"), ("push", "push")])
async def test_a_browser_is_added_and_notices_come_there(
    browser: Browser, person: Person, accounts: FakeAccounts, before: str, after: str
) -> None:
    accounts.notice_way = before
    await browser.open_signed_in(person, "/notices")
    answer = await browser.post("/notices/browsers", SUBSCRIPTION)
    assert answer.headers["location"] == "/notices?added=true"
    assert accounts.push_subscriptions == {
        SUBSCRIPTION["id"]: {"endpoint": "https://push.example/x", "keys": {"p256dh": "BLc4", "auth": "BTBZ"}}
    }
    assert accounts.notice_way == after
    page = await browser.get("/notices?added=true")
    assert "come to this browser too" in words(page)
    assert "push.example" not in page.text


async def test_a_browser_is_removed_without_a_script_and_gone_is_as_good(
    browser: Browser, therapist: Person, accounts: FakeAccounts
) -> None:
    accounts.push_subscriptions = {SUBSCRIPTION["id"]: {}}
    page = await browser.open_signed_in(therapist, "/notices")
    [form] = soup(page).select("li[data-browser] form")
    for _ in range(2):
        answer = await browser.post(str(form["action"]), {})
        assert answer.headers["location"] == "/notices?removed=true"
    assert accounts.push_subscriptions == {}
    assert not soup(await browser.get("/notices?removed=true")).select("li[data-browser]")


async def test_more_than_ten_are_refused_in_words(browser: Browser, therapist: Person, accounts: FakeAccounts) -> None:
    await browser.open_signed_in(therapist, "/notices")
    accounts.answers["PUT", f"push-subscriptions/{SUBSCRIPTION['id']}"] = problem(409, "too_many_browsers")
    answer = await browser.post("/notices/browsers", SUBSCRIPTION)
    assert (answer.status_code, accounts.notice_way) == (409, "mail")
    assert "ten of your browsers" in words(answer)


async def test_without_a_key_mail_is_the_way(browser: Browser, therapist: Person, accounts: FakeAccounts) -> None:
    accounts.push_key = None
    page = soup(await browser.open_signed_in(therapist, "/notices"))
    assert not page.select("#this-browser, input[type=radio]")
    assert (await browser.post("/notices", {k: v for k, v in SENT.items() if k != "way"})).status_code == 303
    assert accounts.notice_way == "mail"


async def test_without_scripts_the_page_says_so(browser: Browser, therapist: Person) -> None:
    page = soup(await browser.open_signed_in(therapist, "/notices"))
    assert "Mail is the way" in page.select_one("noscript").text  # type: ignore[union-attr]  # there is one
    assert all(part.has_attr("hidden") for part in page.select("[data-state], #add-browser"))
