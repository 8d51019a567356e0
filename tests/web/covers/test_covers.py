"""A therapist's page of who stands in while they are away."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_accounts import FakeAccounts, account
from tests.web.fake_journal import problem

PATH = "/cover"
COLLEAGUE = account(2, role="therapist", name="Mateo Villanueva")
COVER = "0195e3a0-0000-7000-8000-0000000000cc"


@pytest.fixture(autouse=True)
def colleague(accounts: FakeAccounts) -> None:
    accounts.people = [COLLEAGUE]


def own(therapist: Person) -> dict[str, Any]:
    return {"id": str(therapist.id), "name": therapist.name}


def lasting() -> dict[str, str]:
    now = datetime.now(UTC)
    return {"starts_at": now.isoformat(), "ends_at": (now + timedelta(days=7)).isoformat()}


def in_days(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


async def test_naming_somebody(browser: Browser, therapist: Person, accounts: FakeAccounts) -> None:
    page = await browser.open_signed_in(therapist, PATH)
    assert soup(page).select("main input[checked]") == []
    fields = form_values(page, "away") | {"covering": COLLEAGUE["id"], "first_day": in_days(3), "last_day": in_days(9)}
    answer = await browser.post(PATH, fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PATH}?done=arranged")
    (sent,) = [one for one in accounts.requests if one.method == "PUT"]
    body = json.loads(sent.content)
    assert (accounts.path_of(sent), body["covering_id"]) == (f"own-covers/{fields['id']}", COLLEAGUE["id"])
    lasts = datetime.fromisoformat(body["ends_at"]) - datetime.fromisoformat(body["starts_at"])
    assert timedelta(days=7) - timedelta(hours=1) <= lasts <= timedelta(days=7, hours=1)
    assert "It is arranged." in words(await browser.get(answer.headers["location"]))


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"covering": ""}, "covering", "Choose who stands in"),
        ({"last_day": ""}, "last_day", "Say until when"),
        ({"first_day": "2001-02-03"}, "first_day", "This day is over"),
        ({"last_day": "x"}, "last_day", "Write a day such as"),
    ],
)
async def test_what_makes_no_sense_is_said_and_the_rest_kept(
    *, browser: Browser, therapist: Person, accounts: FakeAccounts, changes: dict[str, str], field: str, sentence: str
) -> None:
    fields = form_values(await browser.open_signed_in(therapist, PATH), "away")
    fields |= {"covering": COLLEAGUE["id"], "last_day": in_days(5)} | changes
    answer = await browser.post(PATH, fields)
    assert (answer.status_code, sentence in words(answer)) == (422, True)
    assert [link["href"] for link in soup(answer).select(".error-summary a")] == [f"#{field}"]
    assert form_values(answer, "away")["id"] == fields["id"]
    assert not any(one.method == "PUT" for one in accounts.requests)


async def test_an_id_of_another_wish_is_made_anew(browser: Browser, therapist: Person, accounts: FakeAccounts) -> None:
    fields = form_values(await browser.open_signed_in(therapist, PATH), "away")
    accounts.answers["PUT", f"own-covers/{fields['id']}"] = problem(409, "conflict")
    answer = await browser.post(PATH, fields | {"covering": COLLEAGUE["id"], "last_day": in_days(5)})
    assert (answer.status_code, "Send it once more" in words(answer)) == (422, True)
    assert form_values(answer, "away")["id"] != fields["id"]


async def test_both_ways_are_shown_and_ended(browser: Browser, therapist: Person, accounts: FakeAccounts) -> None:
    accounts.cover(own(therapist), COLLEAGUE, id=COVER, **lasting())
    accounts.cover(account(3, name="Ines Falk"), own(therapist), id=COVER[:-1] + "d", **lasting())
    page = await browser.open_signed_in(therapist, PATH)
    (for_me,), (by_me,) = soup(page).select("#for-me"), soup(page).select("#by-me")
    assert ("Mateo Villanueva" in for_me.get_text(), "Ines Falk" in by_me.get_text()) == (True, True)
    answer = await browser.post(f"{PATH}/{COVER}/end")
    assert answer.headers["location"] == f"{PATH}?done=ended"
    page = await browser.get(answer.headers["location"])
    assert soup(page).select("#for-me") == []
    assert "It is over." in words(page)


async def test_alone_there_is_nobody_to_name(browser: Browser, therapist: Person, accounts: FakeAccounts) -> None:
    accounts.people = []
    page = await browser.open_signed_in(therapist, PATH)
    assert "There is no other therapist" in words(page)
    assert soup(page).select("form#away") == []
