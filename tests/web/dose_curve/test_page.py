"""The chart: what it draws, what it says, and what it never says."""

import re
from collections.abc import Awaitable, Callable, Iterable
from uuid import UUID

import pytest
from afterglow_design.dates import DASH, MINUS
from afterglow_foundation.testing.people import Person
from afterglow_portal.curve.days import Entry
from afterglow_portal.curve.doses import Given
from afterglow_portal.curve.items import Item
from bs4 import BeautifulSoup

from tests.portal.curve.drawing import daily, entry, given
from tests.web.browser import Browser, soup, words
from tests.web.fake_doses import dose_curve
from tests.web.fake_portal import FakePortal, problem

Chart = Callable[..., Awaitable[BeautifulSoup]]
ADA = "0195e3a0-0000-7000-8000-0000000000aa"
PAGE = f"/clients/{ADA}/dose-curve"
WEEK = daily(-7, [-2, -1, -2, -1, -2, -1, -2])
BECAUSE = re.compile(r"\b(because|due to|effects?|works?|worked|improved|longer|best|better than|causes)\b")


def series(number: int) -> tuple[list[Given], list[Entry]]:
    """Doses of an induction, 84 hours apart, each noted as 1, 2, 1 in its first three stretches."""
    doses = [given(84 * one) for one in range(number)]
    notes = [(4, 1), (30, 2), (49, 1), (51, 1)]
    noted = [entry(84 * one + hour, value) for one in range(number) for hour, value in notes]
    return doses, [*WEEK, *noted]


@pytest.fixture
async def chart(browser: Browser, therapist: Person, portal: FakePortal) -> Chart:
    portal.clients[ADA] = {"id": ADA, "name": "Ada Lindqvist", "time_zone": "UTC", "since": "2026-01-05T00:00:00Z"}

    await browser.open_signed_in(therapist)

    async def shown(
        given: Iterable[Given], entries: Iterable[Entry], item: Item = Item.mood, like: UUID | None = None
    ) -> BeautifulSoup:
        portal.dose_curve = dose_curve(given, entries, item, like)
        return soup(await browser.get(PAGE))

    return shown


def text(page: BeautifulSoup, selector: str = "main") -> str:
    (found,) = page.select(selector)
    return " ".join(found.get_text(" ").split())


def cells(page: BeautifulSoup) -> list[list[str]]:
    return [[" ".join(cell.get_text().split()) for cell in row.select("th, td")] for row in page.select("tr[data-at]")]


async def test_several_doses_are_means_with_the_doses_behind_them(chart: Chart) -> None:
    page = await chart(*series(6))
    (figure,) = page.select("figure svg.curve")
    assert [len(figure.select(f".{kind}")) for kind in ("curve-level", "curve-interval", "curve-band")] == [3, 3, 1]
    assert [len(figure.select(f".{kind}")) for kind in ("curve-faint", "curve-dot", "curve-cut")] == [18, 7, 1]
    assert cells(page)[:4] == [
        ["The week before", f"{MINUS}1.6", DASH, DASH, DASH],
        ["0 to 8 hours", "+1", "6", "+1 to +1", "+2.6"],
        ["8 to 36 hours", "+2", "6", "+2 to +2", "+3.6"],
        ["36 to 60 hours", "+1", "6", "+1 to +1", "+2.6"],
    ]
    assert cells(page)[5][:2] == ["4 to 6 days", "nothing noted"]
    assert "A clear lift; not back yet after 2 days, then the next dose came" in text(page, "#doses")
    assert "6 doses, the last on 19 March 2026." in text(page, "figcaption")


async def test_it_says_what_it_is_and_is_not_and_nothing_of_causes(chart: Chart) -> None:
    page = await chart(*series(6))
    assert text(page, "figcaption").startswith(
        "What was noted in shared check-ins before and after these doses: it does not say what caused it, and what is"
        " not shared does not show, not even as a gap."
    )
    assert "from shared entries" in text(page)
    assert "That you opened this is recorded, and the client sees it." in text(page)
    assert not BECAUSE.search(text(page).lower())


async def test_one_dose_is_its_entries_without_mean_or_interval(chart: Chart) -> None:
    page = await chart([given(0)], [*WEEK, entry(4, 1), entry(5, 3), entry(30, 2, back_dated=True), entry(50, 2)])
    (figure,) = page.select("figure svg.curve")
    assert [len(figure.select(f".{kind}")) for kind in ("curve-level", "curve-interval", "curve-faint")] == [0] * 3
    assert [len(figure.select(f".{kind}")) for kind in ("curve-dot", "curve-hollow", "gap-empty")] == [10, 1, 6]
    assert cells(page)[1:3] == [["0 to 8 hours", "+2", "2", "+3.6"], ["8 to 36 hours", "nothing noted", DASH, DASH]]
    assert "per cent" not in text(page)
    assert "Noted later: hollow, in no mean" in text(page, ".legend")


async def test_four_doses_have_no_interval_and_a_stretch_says_how_many_reach_it(chart: Chart) -> None:
    doses, entries = series(4)
    page = await chart(doses, [*entries, entry(90, 3), entry(180, 3)])
    (figure,) = page.select("figure svg.curve")
    assert figure.select(".curve-interval") == []
    assert cells(page)[1][3] == DASH
    assert "an interval needs five" in text(page, ".legend")
    last = doses[:3]
    page = await chart(last, [one for one in entries if one.at < last[1].at] + [entry(85, 1), entry(86, 1)])
    assert [one.get_text() for one in page.select(".curve-reach")] == ["2/3", "1/3", "1/3"]
    assert "1/3: a mean of 1 of 3 doses" in text(page, ".legend")


async def test_what_the_next_dose_cut_off_is_no_gap(chart: Chart) -> None:
    doses = [given(0), given(50, route="iv")]
    page = await chart(doses, [*WEEK, entry(1, 1)], like=doses[0].id)
    (figure,) = page.select("figure svg.curve")
    assert [len(figure.select(f".{kind}")) for kind in ("gap-empty", "gap-over", "curve-cut")] == [2, 5, 1]
    assert [row[1] for row in cells(page)[2:5]] == ["nothing noted", "nothing noted", "the next dose came before"]
    assert "The next dose came before" in text(page, ".legend")


async def test_doses_of_another_route_are_chosen_apart(chart: Chart) -> None:
    page = await chart([given(0), given(50, route="iv")], [*WEEK, entry(1, 1)])
    assert "Dose 2 Wed 4 Mar, 12:00 Ketamine 60 mg into a vein" in text(page, "#doses")
    assert len(page.select("#like option")) == 2
    (choice,) = page.select("#like option[selected]")
    assert choice.get_text() == "Ketamine into a vein: one dose, course begun 2 March 2026"


async def test_nothing_is_said_of_a_lift_where_it_cannot_be(chart: Chart) -> None:
    page = await chart([given(0)], [*WEEK, entry(1, 1)], Item.energy)
    assert "Neither end of this item is better" in text(page, "#doses")
    page = await chart([given(0)], [*WEEK[3:], entry(1, 1)])
    assert "Fewer than five days of the week before were noted" in text(page, "#doses")
    page = await chart([given(0)], [*WEEK[5:], entry(1, 1)])
    assert "there is nothing to compare with" in text(page, "figcaption")
    assert page.select(".curve-band") == []


async def test_returns_of_several_doses_are_a_table(chart: Chart) -> None:
    doses = [given(24 * 10 * one) for one in range(3)]
    lives = [2, 2, 2, -2, -2], [2, 2, -2, -2], [2, 2, 2, 2]
    noted = [one for number, life in enumerate(lives) for one in daily(10 * number, life)]
    page = await chart(doses, [*WEEK, *noted])
    rows = [[cell.get_text() for cell in row.select("th, td")] for row in page.select("#survival tbody tr")]
    assert rows == [["2", "3", "1", "67 %"], ["3", "2", "1", "33 %"]]
    said = text(page, "#doses")
    assert "A clear lift; near the week before again 3 days after the dose" in said
    assert "A clear lift; not back yet after 3 days, where the entries end" in said


async def test_boosters_are_told_with_their_minutes(chart: Chart) -> None:
    page = await chart([given(0), given(0.5, route="sublingual")], WEEK)
    assert "Ketamine 60 mg into a muscle" in text(page, "#doses")
    assert "after 30 minutes Ketamine 60 mg under the tongue" in text(page, "#doses")


async def test_without_a_dose(chart: Chart) -> None:
    page = await chart([], WEEK)
    assert "No dose yet" in text(page)
    assert page.select("figure") == []


async def test_what_is_chosen_is_asked_for(browser: Browser, portal: FakePortal, chart: Chart) -> None:
    await chart(*series(2), Item.anxiety)
    page = await browser.get(f"{PAGE}?item=anxiety&like={ADA}")
    asked = [dict(one.url.params) for one in portal.requests if one.url.path.endswith("dose-curve")]
    assert asked == [{"client": ADA}, {"client": ADA, "item": "anxiety", "like": ADA}]
    assert [one["value"] for one in soup(page).select("#item option[selected]")] == ["anxiety"]
    assert len(soup(page).select("#item option")) == len(Item)


@pytest.mark.parametrize(("refused", "status"), [(404, 404), (422, 404), (503, 503)])
async def test_what_portal_refuses_is_a_page(
    browser: Browser, portal: FakePortal, chart: Chart, refused: int, status: int
) -> None:
    await chart([], [])
    portal.answers["GET", "dose-curve"] = problem(refused, "refused")
    page = await browser.get(f"{PAGE}?item=happiness")
    assert page.status_code == status
    assert soup(page).select("h1")


async def test_it_is_linked_from_the_client(browser: Browser, chart: Chart) -> None:
    await chart([], [])
    page = await browser.get(f"/clients/{ADA}")
    assert soup(page).select(f'a[href="{PAGE}"]')
    assert "Around the doses" in words(page)


@pytest.mark.usefixtures("in_spanish")
async def test_in_spanish(chart: Chart) -> None:
    page = await chart(*series(6))
    said = text(page)
    assert "no dice qué lo causó" in said
    assert "Una mejoría clara; aún no de vuelta tras 2 días, luego llegó la dosis siguiente" in said
    assert "8 a 36 horas" in said


async def alone(
    browser: Browser, portal: FakePortal, number: object, doses: list[Given], notes: list[Entry]
) -> BeautifulSoup:
    portal.dose_curve = dose_curve(doses, notes)
    return soup(await browser.get(f"{PAGE}?dose={number}"))


async def test_a_dose_by_itself_stands_against_its_own_week_before(
    chart: Chart, browser: Browser, portal: FakePortal
) -> None:
    """Its own points and the range of that week; no mean of several, no interval."""
    doses = [given(0), given(480)]
    notes = [
        *WEEK,
        entry(4, 1),
        *(entry(480 - 24 * day + 12, 1 if day % 2 else 0) for day in range(1, 8)),
        entry(484, 3),
    ]
    page = await chart(doses, notes)
    assert [one["href"] for one in page.select("#doses a")] == [
        f"{PAGE}?item=mood&like={doses[0].id}&dose={number}" for number in (1, 2)
    ]
    page = await alone(browser, portal, 2, doses, notes)
    (figure,) = page.select("figure svg.curve")
    assert [len(figure.select(f".{kind}")) for kind in ("curve-level", "curve-interval", "curve-faint")] == [0] * 3
    assert [len(figure.select(f".{kind}")) for kind in ("curve-dot", "curve-band")] == [8, 1]
    assert "Dose 2, on 22 March 2026. Its own week before: 7 days noted, between 0 and +1." in text(page, "figcaption")
    assert cells(page)[1] == ["0 to 8 hours", "+3", "1", "+2.4"]
    assert [one["href"] for one in page.select("#doses a")] == [f"{PAGE}?item=mood&like={doses[0].id}&dose=1"]
    assert page.select(f'a[href="{PAGE}?item=mood&like={doses[0].id}"]')


async def test_a_dose_that_followed_soon_has_no_week_of_its_own(
    chart: Chart, browser: Browser, portal: FakePortal
) -> None:
    doses, notes = series(3)
    await chart(doses, notes)
    page = await alone(browser, portal, 2, doses, notes)
    assert "The dose before was less than 14 days earlier, so it has no week before of its own." in text(
        page, "figcaption"
    )
    (figure,) = page.select("figure svg.curve")
    assert [len(figure.select(f".{kind}")) for kind in ("curve-band", "curve-dot", "gap-empty")] == [0, 4, 1]
    assert cells(page)[1] == ["0 to 8 hours", "+1", "1", DASH]
    few = [given(0), given(480)]
    page = await alone(browser, portal, 2, few, [*WEEK, entry(470, 1), entry(484, 1)])
    assert "Fewer than three days of its own week before were noted" in text(page, "figcaption")


async def test_own_weeks_are_told_where_several_doses_have_one(chart: Chart) -> None:
    doses = [given(0), given(480), given(560)]
    own = [entry(480 - 24 * day + 12, 0) for day in range(1, 8)]
    page = await chart(doses, [*WEEK, *own, entry(4, 1), entry(484, 3), entry(564, 2)])
    assert cells(page)[0][-1] == DASH
    assert cells(page)[1][-2:] == ["+3.6", "+2.8, of 2 doses"]
    assert "From the weeks before each of them" in text(page)
    assert "From the weeks before each of them" not in text(await chart(*series(6)))


@pytest.mark.parametrize("number", [0, 9, "x", ""])
async def test_a_dose_that_is_not_there_is_all_of_them(
    chart: Chart, browser: Browser, portal: FakePortal, number: object
) -> None:
    await chart(*series(3))
    page = await alone(browser, portal, number, *series(3))
    assert "3 doses, the last on" in text(page, "figcaption")
