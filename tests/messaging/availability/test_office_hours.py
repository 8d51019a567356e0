"""Office hours against the clock on the wall: on both days on which it is turned, past midnight, and on days off."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from afterglow_messaging.availability.office_hours import WEEK, OfficeHours, Standing
from hypothesis import assume, given
from hypothesis import strategies as st

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
ZONES = (BERLIN, NEW_YORK, LORD_HOWE, "Asia/Kathmandu", "Pacific/Apia", "America/Sao_Paulo", "UTC")
MINUTE, QUARTER, HOUR = timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=1)


def hours(zone: str, *closed: tuple[str, str], **week: list[tuple[str, str]]) -> OfficeHours:
    days = {day: [{"opens": opens, "closes": closes} for opens, closes in spans] for day, spans in week.items()}
    ends = [{"first": first, "last": last} for first, last in closed]
    read = OfficeHours.read({"time_zone": zone, "week": days, "closed": ends})
    assert read
    return read


def working_days(zone: str, *closed: tuple[str, str]) -> OfficeHours:
    return hours(zone, *closed, **{day: [("09:00", "17:00")] for day in WEEK[:5]})


def at(zone: str, *wall: int, fold: int = 0) -> datetime:
    return datetime(*wall, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)  # type: ignore[arg-type, misc]  # numbers from above


@pytest.mark.parametrize(
    ("now", "standing"),
    [
        # Monday 2 March 2026 at nine o'clock: from the first moment on, until before the last.
        (at(BERLIN, 2026, 3, 2, 8, 59, 59), Standing(False, None, at(BERLIN, 2026, 3, 2, 9))),
        (at(BERLIN, 2026, 3, 2, 9), Standing(True, at(BERLIN, 2026, 3, 2, 17), at(BERLIN, 2026, 3, 3, 9))),
        (at(BERLIN, 2026, 3, 2, 16, 59, 59), Standing(True, at(BERLIN, 2026, 3, 2, 17), at(BERLIN, 2026, 3, 3, 9))),
        (at(BERLIN, 2026, 3, 2, 17), Standing(False, None, at(BERLIN, 2026, 3, 3, 9))),
        # A weekend in which summer time begins, and one in which it ends: nine o'clock is another instant.
        (at(BERLIN, 2026, 3, 27, 17), Standing(False, None, datetime(2026, 3, 30, 7, tzinfo=UTC))),
        (at(BERLIN, 2026, 10, 23, 17), Standing(False, None, datetime(2026, 10, 26, 8, tzinfo=UTC))),
    ],
)
def test_working_days(now: datetime, standing: Standing) -> None:
    assert working_days(BERLIN).at(now) == standing


def test_several_spans_of_a_day() -> None:
    clinic = hours(NEW_YORK, tuesday=[("09:00", "12:30"), ("14:00", "17:00")])
    noon = clinic.at(at(NEW_YORK, 2026, 3, 3, 13))
    assert noon == Standing(False, None, at(NEW_YORK, 2026, 3, 3, 14))
    assert clinic.at(at(NEW_YORK, 2026, 3, 3, 10)).closes_at == at(NEW_YORK, 2026, 3, 3, 12, 30)
    assert clinic.at(at(NEW_YORK, 2026, 3, 3, 18)).opens_at == at(NEW_YORK, 2026, 3, 10, 9)  # a week later, an hour on


def test_past_midnight_is_one_span() -> None:
    line = hours(BERLIN, friday=[("20:00", "24:00")], saturday=[("00:00", "02:00")])
    for now in (at(BERLIN, 2026, 3, 6, 23, 59), at(BERLIN, 2026, 3, 7, 0), at(BERLIN, 2026, 3, 7, 1, 30)):
        assert line.at(now) == Standing(True, at(BERLIN, 2026, 3, 7, 2), at(BERLIN, 2026, 3, 13, 20))
    assert not line.at(at(BERLIN, 2026, 3, 7, 2)).open


def test_a_night_in_which_the_clock_is_turned() -> None:
    nights = hours(BERLIN, **{day: [("00:00", "02:30")] for day in WEEK})
    # On 25 October the clock shows half past two twice: open until the second time. On 29 March it never does.
    assert nights.at(at(BERLIN, 2026, 10, 25, 1)).closes_at == at(BERLIN, 2026, 10, 25, 2, 30, fold=1)
    assert nights.at(at(BERLIN, 2026, 3, 29, 1)).closes_at == datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    mornings = hours(BERLIN, sunday=[("02:15", "02:45")])
    assert mornings.at(at(BERLIN, 2026, 3, 28, 12)).opens_at == at(BERLIN, 2026, 4, 5, 2, 15)  # there is no such time


def test_days_on_which_it_is_closed_are_passed_over() -> None:
    clinic = working_days(NEW_YORK, ("2026-12-24", "2027-01-01"), ("2027-01-04", "2027-01-04"))
    assert clinic.at(at(NEW_YORK, 2026, 12, 23, 16)).open
    assert clinic.at(at(NEW_YORK, 2026, 12, 24, 10)) == Standing(False, None, at(NEW_YORK, 2027, 1, 5, 9))
    # The day is that of the practice's wall: in Berlin the 24th has begun, and the practice is still open.
    assert clinic.at(at(BERLIN, 2026, 12, 23, 22, 30)).open


def test_whoever_is_closed_for_a_year_says_no_day() -> None:
    gone = working_days(BERLIN, ("2026-01-01", "2030-12-31"))
    assert gone.at(at(BERLIN, 2026, 3, 2, 10)) == Standing(False, None, None)


def test_whoever_never_closes_says_no_end() -> None:
    always = hours(BERLIN, **{day: [("00:00", "24:00")] for day in WEEK})
    assert always.at(at(BERLIN, 2026, 3, 2, 10)) == Standing(True, None, None)


@pytest.mark.parametrize("found", [None, {}, "always", {"time_zone": "Berlin", "week": {}}, {"time_zone": BERLIN}])
def test_what_cannot_be_read_is_no_hours(found: Any) -> None:
    assert OfficeHours.read(found) is None


minutes = st.integers(0, 24 * 60)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def any_hours(draw: st.DrawFn) -> OfficeHours:
    week = {}
    for day in draw(st.lists(st.sampled_from(WEEK), min_size=1, unique=True)):
        edges = sorted(draw(st.lists(minutes, min_size=2, max_size=6, unique=True)))
        week[day] = [(clock(opens), clock(closes)) for opens, closes in zip(edges[::2], edges[1::2], strict=False)]
    closed = draw(st.lists(st.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=4))
    return hours(draw(st.sampled_from(ZONES)), *((str(day), str(day)) for day in closed), **week)


instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone


def shown_on_the_wall(clinic: OfficeHours, now: datetime) -> bool:
    """What the clock says, without any arithmetic of instants."""
    wall = now.astimezone(ZoneInfo(clinic.time_zone))
    if any(closure.first <= wall.date() <= closure.last for closure in clinic.closed):
        return False
    spans = clinic.week.get(WEEK[wall.weekday()], ())
    return any(span.opens <= wall.time() and (span.closes[1] or wall.time() < span.closes[0]) for span in spans)


def is_turned_near(zone: str, now: datetime) -> bool:
    around = [(now + hour * HOUR).astimezone(ZoneInfo(zone)).utcoffset() for hour in range(-3, 4)]
    return len(set(around)) > 1


@given(any_hours(), instants)
def test_it_is_open_when_the_clock_on_the_wall_says_so(clinic: OfficeHours, now: datetime) -> None:
    assume(not is_turned_near(clinic.time_zone, now))
    assert clinic.at(now).open == shown_on_the_wall(clinic, now)


@given(any_hours(), instants)
def test_the_next_opening_is_one_and_nothing_opens_before_it(clinic: OfficeHours, now: datetime) -> None:
    standing = clinic.at(now)
    assert (standing.closes_at is None) == (not standing.open)
    changes_at = standing.closes_at or standing.opens_at
    assert changes_at is not None
    assert changes_at > now
    assert clinic.at(changes_at).open != standing.open
    assert clinic.at(changes_at - MINUTE / 60).open == standing.open or changes_at - now < MINUTE / 60
    look = now
    while look < min(changes_at, now + 200 * QUARTER):
        assert clinic.at(look).open == standing.open
        look += QUARTER


@given(any_hours(), instants, st.timedeltas(timedelta(0), timedelta(days=9)))
def test_time_never_brings_an_earlier_opening(clinic: OfficeHours, now: datetime, later: timedelta) -> None:
    first, second = clinic.at(now).opens_at, clinic.at(now + later).opens_at
    assert first
    assert second
    assert first <= second
