"""The admin's list: accounts, searched and paged; nothing clinical is asked for."""

from typing import Any

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_auth import FakeAuth
from tests.web.fake_portal import FakePortal


def account(number: int, **values: Any) -> dict[str, Any]:
    return {
        "id": f"0195e3a0-0000-7000-8000-{number:012d}",
        "name": f"Person {number}",
        "email": f"person{number}@practice.example",
        "role": "client",
        "disabled_at": None,
        "last_sign_in_at": None,
        "created_at": "2026-01-01T00:00:00Z",
        **values,
    }


@pytest.fixture(autouse=True)
def people(auth: FakeAuth) -> None:
    auth.people = [account(number) for number in range(60)]
    auth.people[1] |= {"role": "therapist", "last_sign_in_at": "2026-03-29T20:10:00Z"}
    auth.people[2] |= {"disabled_at": "2026-03-29T20:10:00Z", "name": "<script>alert(1)</script>"}


async def test_the_list(browser: Browser, admin: Person, portal: FakePortal) -> None:
    page = await browser.open_signed_in(admin, "/people")
    rows = [" ".join(row.get_text(" ").split()) for row in soup(page).select("tbody tr")]
    assert rows[0] == "Person 0 client person0@practice.example never active"
    assert rows[1] == "Person 1 therapist person1@practice.example Sun 29 Mar, 21:10 active"
    assert rows[2].endswith("disabled")
    assert "<script>alert" not in page.text
    assert "mood" not in words(page).lower()
    assert portal.requests == []


async def test_search(browser: Browser, admin: Person) -> None:
    page = await browser.open_signed_in(admin, "/people")
    found = await browser.get("/people?q=PERSON44")
    assert len(soup(found).select("tbody tr")) == 1
    assert 'value="PERSON44"' in found.text
    nobody = await browser.fragment("/people?q=zz%22%3E")
    assert 'Nobody found for “zz">”' in words(nobody)
    assert "<main" not in nobody.text
    assert page.status_code == 200


async def test_paging(browser: Browser, admin: Person) -> None:
    page = await browser.open_signed_in(admin, "/people")
    link = str(soup(page).find("a", string="Show more people")["href"])  # type: ignore[index]  # it is there
    assert len(soup(await browser.get(link)).select("tbody tr")) == 10
    part = await browser.http.get(link, headers={"hx-request": "true"})
    assert part.text.strip().startswith("<tr>")
    assert part.text.count("<th") == 10
