"""One person's page: what it says, and that it offers nothing that would be refused."""

from typing import Any

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.admin.practice import Practice
from tests.web.browser import Browser, soup, words
from tests.web.fake_portal import FakePortal, problem


def offered(page: Any) -> set[str]:
    """The buttons of the page's content, and links that look like them."""
    found = soup(page).select("main .button")
    return {" ".join(button.find(string=True, recursive=False).split()) for button in found}  # type: ignore[union-attr]  # each has a text


async def test_what_it_says(browser: Browser, admin: Person, practice: Practice, portal: FakePortal) -> None:
    practice.client["last_sign_in_at"] = "2026-03-29T20:10:00Z"
    page = await browser.open_signed_in(admin, practice.page("client"))
    said = words(page)
    assert "A client Maya Lindqvist" in said
    assert "State active E-mail person1@practice.example Last sign-in Sun 29 Mar, 21:10" in said
    assert "Hannah Oyelaran 29 March 2026 End care of Maya Lindqvist by Hannah Oyelaran" in said
    assert "Sun 29 Mar, 09:00 Sun 29 Mar, 21:10 End it" in said
    assert "times only, never devices or places" in said
    assert {one.url.path for one in portal.requests} == {"/api/portal/sealed-notes/openings/waiting"}  # a number
    assert offered(page) == {
        "Reset the password",
        "Take every way to sign in away",
        "Disable the account",
        "Hold their exports",
        "End care",
        "Assign a therapist",
        "End it",
        "End every session",
    }


MORE = {
    "Arrange cover",
    "Assign a client",
    "Assign a therapist",
    "End care",
    "End it",
    "End every session",
    "Take every way to sign in away",
}


@pytest.mark.parametrize(
    ("who", "changes", "expected"),
    [
        ("therapist", {}, {"Reset the password", "Disable the account", "Assign a client", "End care"}),
        ("therapist", {"open_proposal": "0195e3a0-0000-7000-8000-0000000000f9"}, {"Disable the account"}),
        ("colleague", {}, {"Reset the password", "Make them a therapist", "Disable the account"}),
        ("colleague", {"state": "reset"}, {"Mail a new link", "Make them a therapist", "Disable the account"}),
        ("other_therapist", {}, {"Reset the password", "Make them an admin", "Disable the account"}),
        ("own", {}, set()),
        ("disabled", {}, {"Enable the account", "Hold their exports"}),
        ("client", {"exports_held": True}, {"Let their exports go again", "Reset the password", "Disable the account"}),
        ("guest", {}, {"Send it again", "Withdraw it", "Assign a therapist"}),
        ("guest", {"state": "disabled"}, {"Enable the account"}),
        ("guest", {"invitation": None}, {"Invite them again", "Assign a therapist"}),
        ("guest", {"invitation": None, "state": "disabled"}, {"Invite them again"}),
    ],
)
async def test_what_it_offers(
    browser: Browser, admin: Person, practice: Practice, *, who: str, changes: dict[str, Any], expected: set[str]
) -> None:
    getattr(practice, who).update(changes)
    page = await browser.open_signed_in(admin, practice.page(who))
    ours = offered(page)
    assert expected <= ours
    assert ours - expected <= MORE


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("open", "Link not used yet Invited Sun 29 Mar, 21:10 Opens until Sun 5 Apr, 21:10"),
        ("expired", "Link expired before it was used Invited Sun 29 Mar, 21:10 Opened until"),
        ("withdrawn", "Link withdrawn"),
    ],
)
async def test_an_invitation(browser: Browser, admin: Person, practice: Practice, state: str, sentence: str) -> None:
    practice.guest["invitation"]["state"] = state
    page = await browser.open_signed_in(admin, practice.page("guest"))
    assert sentence in words(page)


async def test_a_reset_on_its_way(browser: Browser, admin: Person, practice: Practice) -> None:
    practice.client["state"] = "reset"
    practice.client["reset"] = {**practice.guest["invitation"], "person_id": practice.client["id"]}
    page = await browser.open_signed_in(admin, practice.page("client"))
    assert "State password reset" in words(page)
    assert "not used yet, mailed Sun 29 Mar, 21:10, opens until Sun 5 Apr, 21:10" in words(page)


async def test_what_waits_about_somebody_is_linked(browser: Browser, admin: Person, practice: Practice) -> None:
    practice.therapist["open_proposal"] = "0195e3a0-0000-7000-8000-0000000000f9"
    page = await browser.open_signed_in(admin, practice.page("therapist"))
    assert "Something about Hannah Oyelaran waits for a second person." in words(page)


async def test_of_oneself(browser: Browser, admin: Person, practice: Practice) -> None:
    page = await browser.open_signed_in(admin, practice.page("own"))
    assert "An admin, and this is you" in words(page)
    assert "Nobody disables or resets their own account." in words(page)
    assert soup(page).find(id="care") is None


@pytest.mark.parametrize(
    ("notice", "sentence"),
    [("disabled", "The account is disabled"), ("sent-again", "A new invitation is on its way"), ("<b>", ""), ("x", "")],
)
async def test_a_notice_is_one_of_ours(
    browser: Browser, admin: Person, practice: Practice, notice: str, sentence: str
) -> None:
    await browser.open_signed_in(admin)
    page = await browser.get(f"{practice.page('client')}?notice={notice}")
    found = [one.get_text() for one in soup(page).select(".notice")]
    assert (found[0].startswith(sentence) if found else sentence == "") is True


async def test_somebody_who_is_not_there_is_one_refusal(browser: Browser, admin: Person, practice: Practice) -> None:
    await browser.open_signed_in(admin)
    practice.accounts.requests.clear()
    page = await browser.get("/people/0195e3a0-0000-7000-8000-0000000000ff")
    assert page.status_code == 404
    asked = [path for path in practice.accounts.asked("GET") if path != "proposals/waiting"]
    assert asked == ["people/0195e3a0-0000-7000-8000-0000000000ff"]


async def test_more_sessions_than_fit(browser: Browser, admin: Person, practice: Practice) -> None:
    of_client = practice.accounts.sessions[practice.client["id"]]
    of_client += [{**of_client[0], "id": f"0195e3a0-0000-7000-8000-{number:012d}"} for number in range(60)]
    page = await browser.open_signed_in(admin, practice.page("client"))
    assert "There are more than 50 sessions; ending all ends those too." in words(page)


async def test_auth_away(browser: Browser, admin: Person, practice: Practice) -> None:
    await browser.open_signed_in(admin)
    practice.accounts.down = True
    for path in ("/people", practice.page("client"), "/proposals", practice.page("client", "disablement")):
        assert (await browser.get(path)).status_code == 503
    assert (await browser.get("/people/invite")).status_code == 200
    assert (await browser.get("/help")).status_code == 200


async def test_a_refusal_that_is_not_about_the_act_is_passed_on(
    browser: Browser, admin: Person, practice: Practice
) -> None:
    await browser.open_signed_in(admin, practice.page("client", "disablement"))
    path = f"people/{practice.client['id']}/disablement"
    for status, shown in ((403, 403), (404, 404), (500, 503), (429, 429)):
        practice.accounts.answers["PUT", path] = problem(status, "whatever")
        assert (await browser.post(practice.page("client", "disablement"))).status_code == shown
