"""The office hours' page: a line for each weekday, read as people write times, and named where it is none."""

from typing import Any

import pytest
from afterglow_design.office_hours import MIDNIGHT, WEEKDAYS, OfficeHours
from afterglow_design.practice import Practice
from afterglow_foundation.testing.people import Person
from afterglow_web.practice import office_hours
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_accounts import FakeAccounts
from tests.web.fake_desk import FakeDesk

HOURS = "/practice/settings/hours"
LINES = {"time_zone": "America/New_York", "open_monday": "9-12:30, 14:00 - 17:00", "open_friday": "8.30 am to 1 pm"}


@pytest.fixture
def desk(accounts: FakeAccounts) -> FakeDesk:
    return accounts.desk


async def send(browser: Browser, admin: Person, **typed: str) -> Any:
    page = await browser.get(HOURS) if browser.cookie else await browser.open_signed_in(admin, HOURS)
    return await browser.post(HOURS, {**form_values(page, "practice"), **typed})


async def test_lines_become_hours_and_show_again(browser: Browser, admin: Person, desk: FakeDesk) -> None:
    page = await browser.open_signed_in(admin, "/practice")
    assert "not given" in words(page)
    answer = await send(browser, admin, **LINES, closed_days="2026-12-25\r\n2026-12-31 to 2027-01-01\r\n")
    assert answer.headers["location"] == "/practice?notice=practice-saved"
    assert desk.saved["office_hours"] == {
        "time_zone": "America/New_York",
        "week": {
            "monday": [{"opens": "09:00", "closes": "12:30"}, {"opens": "14:00", "closes": "17:00"}],
            "friday": [{"opens": "08:30", "closes": "13:00"}],
        },
        "closed": [{"first": "2026-12-25", "last": "2026-12-25"}, {"first": "2026-12-31", "last": "2027-01-01"}],
    }
    shown = words(await browser.get("/practice"))
    for said in (
        "Monday 09:00\u201312:30, 14:00\u201317:00",
        "Friday 08:30\u201313:00",
        "Closed on 31 December 2026 to 1 January 2027",
    ):
        assert said in shown
    again = form_values(await browser.get(HOURS), "practice")
    assert (again["open_monday"], again["open_tuesday"]) == ("09:00\u201312:30, 14:00\u201317:00", "")
    assert again["closed_days"].split() == ["2026-12-25", "2026-12-31", "\u2013", "2027-01-01"]
    assert (await browser.post(HOURS, again)).status_code == 303  # what is shown is what is read


async def test_without_any_line_there_are_none(browser: Browser, admin: Person, desk: FakeDesk) -> None:
    await send(browser, admin, **LINES)
    await send(browser, admin, open_monday="", open_friday=" ")
    assert desk.saved["office_hours"] is None


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("time_zone", ""),
        ("time_zone", "Boston"),
        ("open_monday", "9-5"),
        ("open_wednesday", "mornings"),
        ("open_friday", "13 pm - 14 pm"),
        ("open_sunday", "9-12, 11-14"),
        ("open_sunday", "25:00-26:00"),
        ("closed_days", "Christmas"),
        ("closed_days", "2026-12-25\n2026-12-24 to 2026-12-23"),
        ("closed_days", "2026-02-30"),
    ],
)
async def test_what_cannot_be_used_is_named_and_everything_typed_stays(
    *, browser: Browser, admin: Person, desk: FakeDesk, field: str, typed: str
) -> None:
    lines = {**LINES, "open_tuesday": "10\u201312", field: typed}
    answer = await send(browser, admin, **lines)
    assert answer.status_code == 422
    assert [str(link["href"]) for link in soup(answer).select(".error-summary a")] == [f"#{field}"]
    again = form_values(answer, "practice")
    assert {name: again[name].strip() for name in lines} == lines
    assert desk.saved["office_hours"] is None


async def test_closed_days_alone_are_no_hours(browser: Browser, admin: Person) -> None:
    answer = await send(browser, admin, time_zone="Europe/London", closed_days="2026-12-25")
    assert [str(link["href"]) for link in soup(answer).select(".error-summary a")] == ["#open_monday"]


@pytest.mark.parametrize(
    ("typed", "opens", "closes"),
    [
        ("9-17", "09:00", "17:00"),
        ("9:05\u201317.30", "09:05", "17:30"),
        ("9 am to 5 pm", "09:00", "17:00"),
        ("12 a.m. \u2014 12 p.m.", "00:00", "12:00"),
        ("9h30 a 14h", "09:30", "14:00"),
        ("18:00-00:00", "18:00", MIDNIGHT),
        ("18:00-24:00", "18:00", MIDNIGHT),
    ],
)
def test_hours_as_people_write_them(typed: str, opens: str, closes: str) -> None:
    assert [*office_hours.spans_of(typed)] == [{"opens": opens, "closes": closes}]


minutes = st.integers(0, 24 * 60)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def weeks(draw: st.DrawFn) -> OfficeHours:
    """Any hours that auth takes."""
    week = {}
    for day in draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True)):
        edges = sorted(draw(st.lists(minutes, min_size=2, max_size=8, unique=True)))
        pairs = zip(edges[::2], edges[1::2], strict=False)
        week[day] = [{"opens": clock(opens), "closes": clock(closes)} for opens, closes in pairs]
    days = draw(st.lists(st.tuples(st.dates(), st.dates()).map(sorted), max_size=5))
    closed = [{"first": first, "last": last} for first, last in days]
    return OfficeHours.model_validate({"time_zone": "Europe/London", "week": week, "closed": closed})


@given(weeks())
def test_what_is_shown_is_read_as_the_same(hours: OfficeHours) -> None:
    practice = Practice(office_hours=hours)
    sent = office_hours.change(practice, office_hours.filled(practice))["office_hours"]
    assert OfficeHours.model_validate(sent) == hours


def refused(change: dict[str, Any]) -> set[str]:
    try:
        Practice.model_validate(change)
    except ValidationError as error:
        return {str(one["loc"][0]) for one in error.errors()}
    return set()


@given(st.text(max_size=40))
def test_whatever_is_typed_is_hours_or_refused_and_never_breaks(typed: str) -> None:
    values = {"time_zone": "Europe/London", "open_monday": typed, "closed_days": typed}
    assert refused(office_hours.change(Practice(), values)) <= {"office_hours"}
