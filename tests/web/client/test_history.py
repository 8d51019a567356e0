"""The history: curves with gaps as gaps, entries with who can see them, pages by cursor."""

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_portal import FakePortal, check_in

MINUS = "\N{MINUS SIGN}"


async def test_gaps_are_gaps(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.moods = {0: 1, 1: 2, 2: 3, 6: -1, 10: 0, 11: 1}
    page = await browser.open_signed_in(client_person, "/check-ins")
    lines = soup(page).select("#balance-curve .tone-glow polyline")
    assert [len(str(line["points"]).split()) for line in lines] == [2, 3]
    assert len(soup(page).select("#balance-curve .tone-glow circle")) == 1
    assert f"Mood on 6 days, between {MINUS}1 and +3; last +1 on 30 March. 24 days have none." in words(page)
    assert len(soup(page).select("#balance-curve tbody tr")) == 6


@pytest.mark.parametrize(
    ("period", "title", "gaps"),
    [
        ("week", "The last 7 days", "6 days have none"),
        ("quarter", "The last three months", "89 days have none"),
        ("year", "The last year", "363 days have none"),
        ("century", "The last 30 days", "28 days have none"),
    ],
)
async def test_how_far_back(
    *, browser: Browser, client_person: Person, portal: FakePortal, period: str, title: str, gaps: str
) -> None:
    portal.moods, portal.entries = {1: 2, 20: -3}, [check_in()]
    page = await browser.open_signed_in(client_person, f"/check-ins?period={period}")
    assert soup(page).select_one(".eyebrow").get_text() == title  # type: ignore[union-attr]  # every page has one
    assert gaps in words(page)
    assert len(soup(page).select(".periods a")) == 4
    assert len(soup(page).select(".periods [aria-current]")) == 1


async def test_nothing_in_this_time(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.entries = [check_in()]
    said = words(await browser.open_signed_in(client_person, "/check-ins?period=week"))
    assert "There is no check-in in it. Earlier ones are in the list" in said
    assert "Your curve begins" not in said


async def test_no_entries_yet(browser: Browser, client_person: Person) -> None:
    page = await browser.open_signed_in(client_person, "/check-ins")
    assert "Your curve begins with your first check-in" in words(page)
    assert not soup(page).select("svg.curve")


async def test_entries(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.entries = [
        check_in(),
        check_in(visibility="only_me", back_dated=True, entered_at="2026-03-30T08:00:00Z"),
        check_in(edited_at="2026-03-30T09:00:00Z", note=None),
    ]
    page = await browser.open_signed_in(client_person, "/check-ins")
    first, second, third = (" ".join(entry.get_text(" ").split()) for entry in soup(page).select("li.entry"))
    assert f"Mood +2, energy {MINUS}1.5" in first
    assert "anxiety" not in first
    assert "Sun 29 Mar, 21:10" in first
    assert "A <b>quiet</b> evening" in first
    assert "shared with your therapist" in first
    assert "only you · entered Mon 30 Mar, 09:00" in second
    assert "changed Mon 30 Mar, 10:00" in third
    assert soup(page).select_one("li.entry a")["href"] == f"/check-ins/{portal.entries[0]['id']}"  # type: ignore[index]  # it is there


async def test_paging(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.entries = [check_in(note=f"entry {number}") for number in range(45)]
    page = await browser.open_signed_in(client_person, "/check-ins")
    assert len(soup(page).select("li.entry")) == 10
    link = str(soup(page).find("a", string="Show earlier entries")["href"])  # type: ignore[index]  # it is there
    assert len(soup(await browser.get(link)).select("li.entry")) == 10
    part = await browser.fragment(link)
    assert len(soup(part).select("li.entry")) == 10
    assert "<main" not in part.text


async def test_saved_sentence_is_one_of_ours(browser: Browser, client_person: Person) -> None:
    page = await browser.open_signed_in(client_person, "/check-ins?saved=Call+0900")
    assert "0900" not in page.text
    assert "Saved." not in words(page)
