"""The means of a brief and its gaps, by hand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from afterglow_portal.brief.changes import Noted, changes
from afterglow_portal.brief.gaps import gaps
from hypothesis import given
from hypothesis import strategies as st

SINCE = datetime(2026, 3, 16, 15, tzinfo=UTC)
FIRST, TODAY = date(2026, 3, 16), date(2026, 3, 30)


def noted(days: float, **values: float) -> Noted:
    at = SINCE + timedelta(days=days)
    return Noted(at, at.date(), values)


def told(*some: Noted) -> dict[str, dict[str, Any]]:
    return {str(one.item): one.model_dump() for one in changes(some, SINCE)}


def test_each_day_weighs_as_one() -> None:
    before = [noted(-day, mood=-2.0) for day in (1, 2)] + [noted(-3, mood=value) for value in (0.0, 2.0, 4.0, 2.0)]
    since = [noted(day, mood=value) for day, value in ((0, 1.0), (1, 1.0), (2, 2.5))]
    mood = told(*before, *since)["mood"]
    assert mood["before"] == {"mean": -0.7, "days": 3}
    assert mood["since"] == {"mean": 1.5, "days": 3}
    assert (mood["change"], mood["better"], mood["lowest"], mood["highest"]) == (2.2, "up", -5, 5)


def test_few_days_on_a_side_are_no_change() -> None:
    days = [noted(day, anxiety=4.0) for day in (-4, -3, -2, 1, 2)]
    anxiety = told(*days)["anxiety"]
    assert (anxiety["before"]["days"], anxiety["since"]["days"], anxiety["change"]) == (3, 2, None)
    assert told(*days, noted(3, anxiety=7.0))["anxiety"]["change"] == 1


def test_an_optional_item_is_told_where_it_was_answered() -> None:
    assert list(told()) == ["mood", "energy", "anxiety"]
    found = told(noted(-1, mood=1.0, hope=3.0), noted(1, sleep_hours=6.5))
    assert list(found) == ["mood", "energy", "anxiety", "hope", "sleep_hours"]
    assert (found["hope"]["since"], found["sleep_hours"]["before"], found["energy"]["before"]) == (None, None, None)
    assert found["sleep_hours"]["better"] is None


@pytest.mark.parametrize(
    ("shared", "expected"),
    [
        ([16, 17, 18, 22, 23, 26, 29], [(19, 21)]),
        ([], [(16, 29)]),
        ([20, 24, 28], [(16, 19), (21, 23), (25, 27)]),
        ([16, 19, 22, 25, 28, 30], []),
        ([2, 16, 26, 30], [(17, 25), (27, 29)]),
    ],
)
def test_gaps_are_three_days_or_more(shared: list[int], expected: list[tuple[int, int]]) -> None:
    found = [(one.first.day, one.last.day) for one in gaps([date(2026, 3, day) for day in shared], FIRST, TODAY)]
    assert found == expected


@given(st.sets(st.integers(0, 40)), st.integers(0, 40))
def test_gaps_are_just_the_long_runs_without(shared: set[int], length: int) -> None:
    days = {FIRST + timedelta(days=one) for one in shared}
    today = FIRST + timedelta(days=length)
    found = list(gaps(days, FIRST, today))
    inside = {one.first + timedelta(days=number) for one in found for number in range((one.last - one.first).days + 1)}
    assert not inside & days
    assert all((one.last - one.first).days >= 2 and one.first >= FIRST and one.last < today for one in found)
    for one in found:
        assert one.first == FIRST or one.first - timedelta(days=1) in days
        assert one.last + timedelta(days=1) in {*days, today}
