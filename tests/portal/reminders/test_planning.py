"""Which prompts are due: at most two a day, those after a dose instead of the daily one, on every kind of day."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from afterglow_portal.curve.doses import hours_zero
from afterglow_portal.reminders.planning import Kind, Prompt, Wishes, due_now, prompts_on
from hypothesis import given, settings
from hypothesis import strategies as st

BERLIN, DENVER = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Denver")
PLACES = [BERLIN, DENVER, *map(ZoneInfo, ("Pacific/Apia", "America/Santiago", "Asia/Beirut", "Australia/Lord_Howe"))]
SOME_DAY = date(2026, 5, 4)
WISHES = Wishes()
CLOCK_CHANGES = [date(2026, 3, 8), date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 1)]  # both, in both places
zones = st.sampled_from(PLACES)
days = st.one_of(st.sampled_from(CLOCK_CHANGES), st.dates(date(2011, 12, 25), date(2027, 12, 31)))
wishes = st.builds(
    Wishes,
    daily=st.booleans(),
    daily_at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    after_dose=st.booleans(),
    a_day=st.sampled_from([None, None, 1, 2, 4]),
)


def at(day: date, hour: int, minute: int = 0, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.combine(day, time(hour, minute), zone).astimezone(UTC)


def names(prompts: list[Prompt]) -> list[str]:
    return [prompt.slot.partition(":")[2] for prompt in prompts]


@st.composite
def histories(draw: st.DrawFn) -> tuple[date, ZoneInfo, Wishes, list[datetime]]:
    """A day somewhere, and what was given in the days before it and on it."""
    day, zone = draw(days), draw(zones)
    begin = at(day, 0, zone=zone) - timedelta(days=5)
    hours = draw(st.lists(st.integers(0, 6 * 24 * 60), max_size=12))
    return day, zone, draw(wishes), hours_zero(begin + timedelta(minutes=minutes) for minutes in sorted(hours))


def test_a_day_without_a_dose_has_one_at_the_hour_that_was_chosen():
    [daily] = prompts_on(SOME_DAY, replace(WISHES, daily_at=time(20, 30)), BERLIN, [])
    assert (daily.kind, daily.due_at, daily.expires_at) == (
        Kind.daily,
        datetime(2026, 5, 4, 18, 30, tzinfo=UTC),
        datetime(2026, 5, 4, 21, 30, tzinfo=UTC),
    )


def test_a_dose_brings_four_and_the_daily_one_rests_on_the_days_they_cover():
    dose = at(SOME_DAY, 10)
    found = {
        ahead: names(prompts_on(SOME_DAY + timedelta(days=ahead), WISHES, BERLIN, [dose])) for ahead in range(-1, 5)
    }
    after = {0: ["dose+4"], 1: ["dose+24"], 2: ["dose+48"], 3: ["dose+72"]}
    assert found == {-1: ["daily"], **after, 4: ["daily"]}


def test_a_late_dose_has_two_on_the_day_after_and_leaves_its_own_day_the_daily_one():
    dose = at(SOME_DAY, 21)
    assert names(prompts_on(SOME_DAY, WISHES, BERLIN, [dose])) == ["daily"]
    assert names(prompts_on(SOME_DAY + timedelta(days=1), WISHES, BERLIN, [dose])) == ["dose+4", "dose+24"]


def test_the_next_dose_cuts_off_what_the_last_one_would_still_bring():
    first, second = at(SOME_DAY, 10), at(SOME_DAY + timedelta(days=2), 9)
    assert names(prompts_on(SOME_DAY + timedelta(days=2), WISHES, BERLIN, [first, second])) == ["dose+4"]
    assert names(prompts_on(SOME_DAY + timedelta(days=3), WISHES, BERLIN, [first, second])) == ["dose+24"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wishes(after_dose=False), ["daily"]),
        (Wishes(daily=False), ["dose+24"]),
        (Wishes(daily=False, after_dose=False), []),
    ],
)
def test_each_kind_can_be_switched_off_by_itself(wanted: Wishes, found: list[str]):
    assert names(prompts_on(SOME_DAY, wanted, BERLIN, [at(SOME_DAY, 10) - timedelta(days=1)])) == found


@pytest.mark.parametrize(
    ("zone", "day", "hour", "due"),
    [
        (BERLIN, date(2026, 3, 28), 19, "18:00"),
        (BERLIN, date(2026, 3, 29), 19, "17:00"),
        (BERLIN, date(2026, 10, 24), 19, "17:00"),
        (BERLIN, date(2026, 10, 25), 19, "18:00"),
        (BERLIN, date(2026, 3, 29), 2, "01:00"),  # an hour that this day does not have: the next there is
        (BERLIN, date(2026, 10, 25), 2, "00:00"),  # one that it has twice: the first
        (DENVER, date(2026, 3, 8), 9, "15:00"),
        (DENVER, date(2026, 11, 1), 9, "16:00"),
    ],
)
def test_the_daily_one_comes_at_the_same_hour_on_the_wall_whatever_the_clocks_do(
    zone: ZoneInfo, day: date, hour: int, due: str
):
    [daily] = prompts_on(day, Wishes(daily_at=time(hour)), zone, [])
    assert f"{daily.due_at:%H:%M}" == due


@given(histories())
def test_a_day_has_two_at_most_each_with_a_slot_of_its_own_and_all_end_with_it(
    history: tuple[date, ZoneInfo, Wishes, list[datetime]],
):
    day, zone, wanted, doses = history
    found = prompts_on(day, wanted, zone, doses)
    assert len(found) <= min(2, wanted.a_day or 2)
    assert len({prompt.slot for prompt in found}) == len(found)
    assert len({prompt.kind for prompt in found}) <= 1
    for prompt in found:
        assert prompt.due_at < prompt.expires_at
        assert prompt.due_at.astimezone(zone).date() == day
        assert (prompt.expires_at - timedelta(seconds=1)).astimezone(zone).date() == day
        assert wanted.daily if prompt.kind is Kind.daily else wanted.after_dose
    if wanted.daily and not found:
        [daily] = prompts_on(day, Wishes(daily_at=time(12)), zone, []) or [None]
        assert daily is None or wanted.a_day  # only a day that a place skipped has none


@settings(deadline=None)  # five days of looking take a slow machine a while
@given(histories(), st.lists(st.tuples(st.integers(0, 5 * 24 * 4), zones), max_size=3))
def test_somebody_who_travels_gets_none_twice_none_late_and_two_a_day_at_most(
    history: tuple[date, ZoneInfo, Wishes, list[datetime]], moves: list[tuple[int, ZoneInfo]]
):
    """Looked at each quarter of an hour for five days; doses become known when they are given."""
    day, zone, wanted, doses = history
    now = at(day, 0, zone=zone)
    planned: list[tuple[datetime, Prompt]] = []
    for quarter in range(5 * 24 * 4):
        zone = next((there for when, there in moves if when == quarter), zone)
        known = [dose for dose in doses if dose <= now]
        slots = {prompt.slot for _, prompt in planned}
        planned += [(now, prompt) for prompt in due_now(now, wanted, zone, known, slots)]
        now += timedelta(minutes=15)
    assert len({prompt.slot for _, prompt in planned}) == len(planned)
    assert all(prompt.due_at <= when < prompt.expires_at for when, prompt in planned)
    most = min(2, wanted.a_day or 2)
    assert all(number <= most for number in Counter(prompt.day for _, prompt in planned).values())


def test_what_was_chosen_a_moment_ago_brings_nothing_for_an_hour_that_is_past():
    now = at(SOME_DAY, 19, 30)
    assert names(due_now(now, WISHES, BERLIN, [], ())) == ["daily"]
    assert due_now(now, replace(WISHES, since=at(SOME_DAY, 19, 20)), BERLIN, [], ()) == []
    assert due_now(now, WISHES, BERLIN, [], {f"{SOME_DAY}:daily"}) == []


def test_a_dose_that_becomes_known_after_the_daily_one_adds_one_and_no_third():
    dose, now = at(SOME_DAY, 16), at(SOME_DAY, 20)
    assert names(due_now(now, WISHES, BERLIN, [dose], {f"{SOME_DAY}:daily"})) == ["dose+4"]
    assert due_now(now, WISHES, BERLIN, [dose], {f"{SOME_DAY}:daily", f"{SOME_DAY}:dose+24"}) == []


def test_six_hours_of_administrations_are_one_dose():
    dose = at(SOME_DAY, 8)
    assert hours_zero([dose, dose + timedelta(hours=5), dose + timedelta(hours=7)]) == [dose, dose + timedelta(hours=7)]
