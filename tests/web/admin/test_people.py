"""The admin's list: accounts, searched and paged; nothing clinical is asked for."""

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_accounts import FakeAccounts, account
from tests.web.fake_portal import FakePortal


@pytest.fixture(autouse=True)
def people(accounts: FakeAccounts) -> None:
    accounts.people = [account(number) for number in range(60)]
    accounts.people[1] |= {"role": "therapist", "last_sign_in_at": "2026-03-29T20:10:00Z"}
    accounts.people[2] |= {"state": "disabled", "name": "<script>alert(1)</script>"}
    accounts.people[3] |= {"state": "invited"}


async def test_the_list(browser: Browser, admin: Person, portal: FakePortal) -> None:
    page = await browser.open_signed_in(admin, "/people")
    rows = [" ".join(row.get_text(" ").split()) for row in soup(page).select("tbody tr")]
    assert rows[0] == "Person 0 client person0@practice.example never active"
    assert rows[1] == "Person 1 therapist person1@practice.example Sun 29 Mar, 21:10 active"
    assert rows[2].endswith("disabled")
    assert rows[3].endswith("invited")
    assert soup(page).select_one("tbody tr a")["href"] == f"/people/{account(0)['id']}"  # type: ignore[index]  # it is there
    assert "<script>alert" not in page.text
    assert "mood" not in words(page).lower()
    assert {one.url.path for one in portal.requests} == {"/api/portal/sealed-notes/openings/waiting"}  # a number


async def test_search(browser: Browser, admin: Person) -> None:
    page = await browser.open_signed_in(admin, "/people")
    found = await browser.get("/people?q=PERSON44")
    assert len(soup(found).select("tbody tr")) == 1
    assert 'value="PERSON44"' in found.text
    nobody = await browser.fragment("/people?q=zz%22%3E")
    assert 'Nobody found for “zz">”' in words(nobody)
    assert "<main" not in nobody.text
    assert page.status_code == 200


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("role=therapist", ["Person 1"]),
        ("state=invited", ["Person 3"]),
        ("role=client&state=disabled", ["<script>alert(1)</script>"]),
        ("q=person4&role=client&state=active", ["Person 4", *(f"Person {number}" for number in range(40, 50))]),
        ("role=admin", []),
    ],
)
async def test_by_role_and_state(browser: Browser, admin: Person, query: str, names: list[str]) -> None:
    page = await browser.open_signed_in(admin, f"/people?{query.replace('&', '%26')}")
    assert [row.get_text() for row in soup(page).select("tbody th")] == names
    chosen = [str(option["value"]) for option in soup(page).select("option[selected]")]
    assert [value for value in chosen if value] == [
        part.partition("=")[2] for part in query.split("&") if not part.startswith("q=")
    ]


async def test_a_list_with_nobody_in_it_says_so(browser: Browser, admin: Person) -> None:
    page = await browser.open_signed_in(admin, "/people?role=admin")
    assert "Nobody is in this list." in words(page)


@pytest.mark.parametrize("query", ["role=&state=&q=", "role=owner", "state=all"])
async def test_a_filter_that_there_is_none_of_is_none(
    browser: Browser, admin: Person, accounts: FakeAccounts, query: str
) -> None:
    page = await browser.open_signed_in(admin, f"/people?{query.replace('&', '%26')}")
    assert len(soup(page).select("tbody th")) == 50
    asked = next(one for one in reversed(accounts.requests) if one.url.path.endswith("/people"))
    assert dict(asked.url.params) == {"limit": "50"}


async def test_a_filter_goes_along_to_the_next_page(browser: Browser, admin: Person) -> None:
    page = await browser.open_signed_in(admin, "/people?role=client%26state=active")
    link = str(soup(page).find("a", string="Show more people")["href"])  # type: ignore[index]  # it is there
    assert link == "/people?role=client&state=active&after=50"
    assert len(soup(await browser.get(link)).select("tbody th")) == 7


async def test_paging(browser: Browser, admin: Person) -> None:
    page = await browser.open_signed_in(admin, "/people")
    link = str(soup(page).find("a", string="Show more people")["href"])  # type: ignore[index]  # it is there
    assert len(soup(await browser.get(link)).select("tbody tr")) == 10
    part = await browser.http.get(link, headers={"hx-request": "true"})
    assert part.text.strip().startswith("<tr>")
    assert part.text.count("<th") == 10
