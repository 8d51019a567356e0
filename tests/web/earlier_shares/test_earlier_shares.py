"""The client decides whether somebody new sees what was shared with others before."""

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_journal import THERAPIST, problem
from tests.web.fake_portal import FakePortal
from tests.web.fake_shares import SHARE, newcomer, share

PATH = "/earlier-shares"
FORM = f"{PATH}/{THERAPIST['id']}"


@pytest.fixture(autouse=True)
def somebody_new(portal: FakePortal) -> None:
    portal.shares.therapists = [newcomer()]


async def test_it_is_asked_plainly(browser: Browser, client_person: Person) -> None:
    page = await browser.open_signed_in(client_person, PATH)
    assert "Show earlier shared entries to Dr Falk?" in words(page)
    assert "They do not see 40 check-ins and one journal entry from that time." in words(page)
    assert soup(page).select("main input[checked]") == []


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ({"lines": 2}, "They do not see 40 check-ins, one journal entry and 2 pinned lines from that time."),
        ({"entries": 0, "lines": 1}, "They do not see 40 check-ins and one pinned line from that time."),
        ({"check_ins": 0, "entries": 0, "lines": 1}, "They do not see one pinned line from that time."),
    ],
)
async def test_pinned_lines_are_asked_about_too(
    browser: Browser, client_person: Person, portal: FakePortal, numbers: dict[str, int], said: str
) -> None:
    portal.shares.therapists = [newcomer(**numbers)]
    page = await browser.open_signed_in(client_person, PATH)
    assert said in words(page)
    assert "that line, and nothing around it" in words(page)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ({"answer": "all"}, "2025-11-02"),
        ({"answer": "days", "from_date": "2026-01-02", "until_date": "2026-01-09"}, "2026-01-02"),
    ],
)
async def test_showing_it(
    browser: Browser, client_person: Person, portal: FakePortal, typed: dict[str, str], first: str
) -> None:
    fields = form_values(await browser.open_signed_in(client_person, PATH), "earlier-1")
    answer = await browser.post(FORM, fields | typed)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PATH}?done=shown")
    ((path, body),) = portal.shares.sent
    assert (path, body["therapist_id"], body["from_date"]) == (fields["id"], THERAPIST["id"], first)
    assert body["until_date"] == typed.get("until_date", body["until_date"])
    assert "They see it now." in words(await browser.get(answer.headers["location"]))


async def test_showing_nothing_sends_nothing(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    await browser.open_signed_in(client_person, PATH)
    answer = await browser.post(FORM, {"id": SHARE, "answer": "none"})
    assert answer.headers["location"] == f"{PATH}?done=none"
    assert portal.shares.sent == []


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({}, "answer"),
        ({"answer": "perhaps"}, "answer"),
        ({"answer": "days"}, "from_date"),
        ({"answer": "days", "from_date": "x"}, "from_date"),
        ({"answer": "days", "from_date": "2026-01-09", "until_date": "2026-01-02"}, "until_date"),
    ],
)
async def test_what_is_wrong_is_named_and_the_rest_kept(
    browser: Browser, client_person: Person, portal: FakePortal, typed: dict[str, str], field: str
) -> None:
    await browser.open_signed_in(client_person, PATH)
    page = await browser.post(FORM, {"id": SHARE} | typed)
    assert page.status_code == 422
    assert [link["href"] for link in soup(page).select(".error-summary a")] == [f"#{field}"]
    assert form_values(page, "earlier-1")["id"] == SHARE
    assert portal.shares.sent == []


async def test_after_a_dose_it_waits_until_the_next_morning(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    await browser.open_signed_in(client_person, PATH)
    portal.shares.refusal = problem(409, "until_morning")
    answer = await browser.post(FORM, {"id": SHARE, "answer": "all"})
    assert "until the next morning" in words(await browser.get(answer.headers["location"]))


async def test_taking_it_back(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.shares.therapists, portal.shares.shares = [], [share()]
    page = await browser.open_signed_in(client_person, PATH)
    assert "Dr Falk sees what you shared from 2 November 2025 to 28 February 2026." in words(page)
    answer = await browser.post(f"{PATH}/{SHARE}/end")
    assert answer.headers["location"] == f"{PATH}?done=taken_back"
    assert portal.shares.sent == [(f"{SHARE}/end", {})]
    portal.shares.shares = [share(taken_back_at="2026-03-03T12:00:00Z")]
    page = await browser.get(answer.headers["location"])
    assert "Nothing to decide" in words(page)
    assert soup(page).select('form[action$="/end"]') == []


async def test_somebody_who_does_not_treat_them_is_nobody(browser: Browser, client_person: Person) -> None:
    await browser.open_signed_in(client_person, PATH)
    assert (await browser.post(f"{PATH}/{SHARE}", {"id": SHARE, "answer": "all"})).status_code == 404
