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


async def test_what_was_noted_later_is_hollow_and_in_no_line(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    portal.moods, portal.moods_later = {0: 1, 1: 2, 2: 3}, {1: -2, 6: 0}
    page = await browser.open_signed_in(client_person, "/check-ins?period=week")
    (line,) = soup(page).select("#balance-curve .tone-glow polyline")
    assert len(str(line["points"]).split()) == 3
    assert len(soup(page).select("#balance-curve .curve > .tone-glow .curve-hollow")) == 2
    said = words(page)
    assert "Noted later: hollow, in no line" in said
    assert "last +1 on 30 March. 3 days have none. On 2 days something was noted later." in said
    rows = [" ".join(row.get_text(" ").split()) for row in soup(page).select("#balance-curve tbody tr")]
    later = "Sun 29 Mar, noted later"
    assert rows[1:4] == ["Sat 28 Mar +3 +3", "Sun 29 Mar +2 +2", f"{later} {MINUS}2 {MINUS}2"]
    portal.moods = {}
    said = words(await browser.get("/check-ins?period=week"))
    assert "On 2 days something was noted later." in said
    assert "No entry with mood" not in said


async def test_doses_and_sessions_are_marked(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.moods, portal.marks = {0: 1, 14: 2}, {25: "session", 15: "dose", 14: "dose"}
    page = await browser.open_signed_in(client_person, "/check-ins")
    drawn = soup(page).select_one("#balance-curve .curve")
    assert drawn is not None
    assert len(drawn.select(".curve-dose")) == 2
    assert len(drawn.select(".curve-session")) == 1
    assert [one.get_text() for one in drawn.select(".curve-mark-word")] == ["Session", "Dose"]
    legend = [" ".join(one.get_text(" ").split()) for one in soup(page).select("#strength-curve .legend li")]
    assert legend == ["Session", "Dose"]
    said = "Doses are marked on 2 days, the last on 16 March 2026. A session is marked on 5 March 2026."
    assert words(page).count(said) == 2
    rows = [" ".join(row.get_text(" ").split()) for row in soup(page).select("#balance-curve tbody tr")]
    dash = "\N{EN DASH}"
    assert rows == [
        f"Thu 5 Mar, a session {dash} {dash}",
        f"Sun 15 Mar, a dose {dash} {dash}",
        "Mon 16 Mar, a dose +2 +2",
        "Mon 30 Mar +1 +1",
    ]


async def test_doses_of_one_week_are_one_row(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.moods, portal.marks = {0: 1}, {19: "session", 15: "dose", 14: "dose"}
    page = await browser.open_signed_in(client_person, "/check-ins?period=all")
    rows = [" ".join(row.get_text(" ").split()) for row in soup(page).select("#balance-curve tbody tr")]
    dash = "\N{EN DASH}"
    assert rows == [
        f"9 March 2026, a dose, a session {dash} {dash}",
        f"16 March 2026, a dose {dash} {dash}",
        "30 March 2026 +1 +1",
    ]
    lines = [str(one["d"]) for one in soup(page).select("#balance-curve .curve .curve-mark")]
    assert len(set(lines)) == 3


async def test_all_of_it_is_drawn_by_week_and_says_so(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    portal.moods = {weeks: weeks % 7 - 3 for weeks in range(400) if weeks % 9}
    page = await browser.open_signed_in(client_person, "/check-ins?period=all")
    said = words(page)
    assert "Everything, up to ten years back" in said
    assert f"between {MINUS}3 and +3; last {MINUS}2 in that of 23 March 2026. 45 weeks have none." in said
    assert "So long a time is drawn by week: a point is the mean of the days in that week." in said
    labels = [one.get_text() for one in soup(page).select("#balance-curve .curve > text")]
    assert labels[-4:] == ["Aug 2018", "Feb 2021", "Sep 2023", "Mar 2026"]
    assert len(soup(page).select("#balance-curve tbody tr")) == 355
    assert len(page.content) < 250_000


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
    assert len(soup(page).select(".periods a")) == 5
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
        check_in(edited_at="2026-03-30T09:00:00Z", note=None, origin="prompted"),
    ]
    page = await browser.open_signed_in(client_person, "/check-ins")
    first, second, third = (" ".join(entry.get_text(" ").split()) for entry in soup(page).select("li.entry"))
    assert f"Mood +2, energy {MINUS}1.5" in first
    assert "anxiety" not in first
    assert "Sun 29 Mar, 21:10" in first
    assert "A <b>quiet</b> evening" in first
    assert "shared with your therapist" in first
    assert "only you · entered Mon 30 Mar, 09:00" in second
    assert "after a reminder · changed Mon 30 Mar, 10:00" in third
    assert "reminder" not in first + second
    assert soup(page).select_one("li.entry a")["href"] == f"/check-ins/{portal.entries[0]['id']}"  # type: ignore[index]  # it is there


async def test_paging(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.entries = [check_in(note=f"entry {number}") for number in range(45)]
    page = await browser.open_signed_in(client_person, "/check-ins?period=all")
    assert len(soup(page).select("li.entry")) == 10
    link = str(soup(page).find("a", string="Show earlier entries")["href"])  # type: ignore[index]  # it is there
    assert len(soup(await browser.get(link)).select("li.entry")) == 10
    assert "period=all" in link
    part = await browser.fragment(link)
    assert len(soup(part).select("li.entry")) == 10
    assert "<main" not in part.text


async def test_saved_sentence_is_one_of_ours(browser: Browser, client_person: Person) -> None:
    page = await browser.open_signed_in(client_person, "/check-ins?saved=Call+0900")
    assert "0900" not in page.text
    assert "Saved." not in words(page)
