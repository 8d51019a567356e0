"""Choosing who treats whom: searched, without JavaScript, sent twice without harm, every refusal in words."""

import json

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.admin.practice import Practice
from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_accounts import account
from tests.web.fake_portal import problem


async def test_a_therapist_for_a_client(browser: Browser, admin: Person, practice: Practice) -> None:
    page = await browser.open_signed_in(admin, practice.page("client", "care", "new"))
    assert "Assign a therapist to Maya Lindqvist" in words(page)
    choices = [" ".join(choice.get_text(" ").split()) for choice in soup(page).select(".choice")]
    assert choices == ["Hannah Oyelaran assigned already", "Mateo Villanueva person3@practice.example"]
    assert len(soup(page).select("input[type=radio][disabled]")) == 1
    fields = {**form_values(page, "candidates"), "other": practice.other_therapist["id"]}
    for _ in range(2):
        answer = await browser.post(practice.page("client", "care", "new"), fields)
        assert answer.headers["location"] == f"{practice.page('client')}?notice=assigned"
    assert practice.changed() == [("PUT", f"care-relationships/{fields['id']}")] * 2
    assert json.loads(practice.accounts.requests[-1].content) == {
        "client_id": practice.client["id"],
        "therapist_id": practice.other_therapist["id"],
    }
    shown = await browser.get(answer.headers["location"])
    assert "Client and therapist are told by mail." in words(shown)
    assert "Mateo Villanueva" in words(shown)


async def test_a_client_for_a_therapist(browser: Browser, admin: Person, practice: Practice) -> None:
    page = await browser.open_signed_in(admin, practice.page("other_therapist", "care", "new"))
    names = [str(choice.find("span").get_text()) for choice in soup(page).select(".choice")]  # type: ignore[union-attr]  # it is there
    assert names == ["Maya Lindqvist", "Ida Guest"]  # whoever is disabled cannot be treated
    assert "person4@practice.example, invited" in words(page)
    fields = {**form_values(page, "candidates"), "other": practice.guest["id"]}
    await browser.post(practice.page("other_therapist", "care", "new"), fields)
    assert json.loads(practice.accounts.requests[-1].content)["client_id"] == practice.guest["id"]


async def test_an_admin_treats_nobody(browser: Browser, admin: Person, practice: Practice) -> None:
    assert (await browser.open_signed_in(admin, practice.page("colleague", "care", "new"))).status_code == 404


async def test_search(browser: Browser, admin: Person, practice: Practice) -> None:
    await browser.open_signed_in(admin)
    page = await browser.get(practice.page("client", "care", "new") + "?q=MATEO")
    assert len(soup(page).select(".choice")) == 1
    assert form_values(page, "candidates")["q"] == "MATEO"
    part = await browser.fragment(practice.page("client", "care", "new") + "?q=nobody")
    assert "<main" not in part.text
    assert "No therapist found for “nobody”." in words(part)


async def test_paging(browser: Browser, admin: Person, practice: Practice) -> None:
    practice.accounts.people += [account(100 + number, role="therapist") for number in range(30)]
    address = practice.page("client", "care", "new")
    page = await browser.open_signed_in(admin, address)
    link = str(soup(page).find("a", string="Show more")["href"])  # type: ignore[index]  # it is there
    rest = await browser.get(address + link)
    assert len(soup(rest).select(".choice")) == 12
    part = await browser.fragment(address + link)
    assert len(soup(part).select(".choice")) == 12
    assert "<form" not in part.text


async def test_nothing_chosen(browser: Browser, admin: Person, practice: Practice) -> None:
    page = await browser.open_signed_in(admin, practice.page("client", "care", "new"))
    for other in ("", "../people"):
        answer = await browser.post(
            practice.page("client", "care", "new"), {**form_values(page, "candidates"), "other": other}
        )
        assert answer.status_code == 422
        assert soup(answer).select_one(".error-summary a")["href"] == "#other"  # type: ignore[index]  # it is there
    assert practice.changed() == []


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (409, "already_assigned", "This therapist treats this client already."),
        (422, "invalid_input", "A client and a therapist with open accounts are needed"),
        (403, "own_account", "Nobody does this to their own account."),
    ],
)
async def test_what_auth_refuses_keeps_the_choice(
    browser: Browser, admin: Person, practice: Practice, *, status: int, code: str, sentence: str
) -> None:
    page = await browser.open_signed_in(admin, practice.page("client", "care", "new"))
    fields = {**form_values(page, "candidates"), "other": practice.other_therapist["id"], "q": "mateo"}
    errors = [{"field": "therapist_id", "code": "unfit", "message": "x"}] if status == 422 else []
    practice.accounts.answers["PUT", f"care-relationships/{fields['id']}"] = problem(status, code, errors)
    answer = await browser.post(practice.page("client", "care", "new"), fields)
    assert answer.status_code == 422
    assert sentence in words(answer)
    again = form_values(answer, "candidates")
    assert (again["other"], again["q"], again["id"]) == (fields["other"], "mateo", fields["id"])


async def test_the_same_form_for_somebody_else(browser: Browser, admin: Person, practice: Practice) -> None:
    practice.accounts.people.append(account(9, name="Third Therapist", role="therapist"))
    page = await browser.open_signed_in(admin, practice.page("client", "care", "new"))
    fields = {**form_values(page, "candidates"), "other": practice.other_therapist["id"]}
    await browser.post(practice.page("client", "care", "new"), fields)
    answer = await browser.post(practice.page("client", "care", "new"), {**fields, "other": account(9)["id"]})
    assert "This was sent before for somebody else, and that stays." in words(answer)
    again = form_values(answer, "candidates")
    assert again["id"] != fields["id"]
    assert (await browser.post(practice.page("client", "care", "new"), again)).status_code == 303


async def test_all_care_with_its_dates(browser: Browser, admin: Person, practice: Practice) -> None:
    practice.care["ended_at"] = "2026-04-02T10:00:00Z"
    practice.accounts.treat(practice.client, practice.other_therapist)
    page = await browser.open_signed_in(admin, practice.page("client", "care"))
    rows = [" ".join(row.get_text(" ").split()) for row in soup(page).select("tbody tr")]
    assert rows == [
        "Maya Lindqvist Mateo Villanueva 29 March 2026 goes on",
        "Maya Lindqvist Hannah Oyelaran 29 March 2026 2 April 2026",
    ]


async def test_much_care(browser: Browser, admin: Person, practice: Practice) -> None:
    for number in range(60):
        practice.accounts.treat(account(100 + number), practice.therapist)
    page = await browser.open_signed_in(admin, practice.page("therapist", "care"))
    link = str(soup(page).find("a", string="Show earlier care")["href"])  # type: ignore[index]  # it is there
    part = await browser.http.get(link, headers={"hx-request": "true"})
    assert part.text.strip().startswith("<tr>")
    assert part.text.count("<th") == 11
