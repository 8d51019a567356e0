"""Which days count as raised energy, and which of them are worth a question."""

from datetime import date, timedelta

import pytest
from afterglow_portal.raised_energy.rule import TOLD, is_raised, worth_asking
from hypothesis import given
from hypothesis.strategies import dates, integers, sets

TODAY = date(2026, 3, 30)
AGO = sets(integers(-3, 12))


def days(*ago: int, today: date = TODAY) -> set[date]:
    return {today - timedelta(days=one) for one in ago}


@pytest.mark.parametrize(
    ("energy", "sleep_hours", "raised"),
    [
        (3, 5.99, True),
        (5, 0, True),
        (2.99, 4, False),
        (4, 6, False),
        (-5, 2, False),
        (None, 2, False),
        (5, None, False),  # what was skipped is not nought
        (None, None, False),
    ],
)
def test_a_day_counts_with_high_energy_after_a_short_night(
    energy: float | None, sleep_hours: float | None, *, raised: bool
) -> None:
    assert is_raised(energy, sleep_hours) is raised


@pytest.mark.parametrize(
    ("ago", "told"),
    [
        ((), ()),
        ((0, 1), ()),
        ((0, 1, 2), (2, 1, 0)),
        ((0, 1, 3), (3, 1, 0)),  # the day between may be one without an entry
        ((0, 2, 3), (3, 2, 0)),
        ((0, 2, 4), ()),
        ((4, 5, 6), (6, 5, 4)),
        ((5, 6, 7), ()),  # the week is over
        ((0, 4, 5, 6), (6, 5, 4, 0)),
        ((-1, 0, 1), ()),  # a day that has not begun on the client's calendar
        ((0, 3, 6), ()),
    ],
)
def test_three_days_within_four_in_a_row_of_the_last_seven(ago: tuple[int, ...], told: tuple[int, ...]) -> None:
    assert worth_asking(days(*ago), TODAY) == [TODAY - timedelta(days=one) for one in told]


@given(AGO)
def test_it_is_what_its_sentence_says(ago: set[int]) -> None:
    told = worth_asking(days(*ago), TODAY)
    lately = days(*(one for one in ago if 0 <= one < TOLD.days))
    asked = any(len(lately & days(*range(last, last + 4))) >= 3 for last in range(TOLD.days))
    assert told == (sorted(lately) if asked else [])


@given(AGO, AGO)
def test_another_day_never_takes_a_question_away(ago: set[int], more: set[int]) -> None:
    assert set(worth_asking(days(*ago), TODAY)) <= set(worth_asking(days(*ago, *more), TODAY))


@given(AGO, dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_the_same_days_say_the_same_on_any_date(ago: set[int], today: date) -> None:
    told = [(TODAY - one).days for one in worth_asking(days(*ago), TODAY)]
    assert [(today - one).days for one in worth_asking(days(*ago, today=today), today)] == told


@given(AGO)
def test_it_is_over_after_a_week(ago: set[int]) -> None:
    past = days(*(one for one in ago if one >= 0))
    assert worth_asking(past, TODAY + TOLD) == []
