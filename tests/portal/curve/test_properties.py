"""What holds whatever a history is, and what noise, flat data and lasting worsening must not be taken for."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import numpy as np
import pytest
from afterglow_portal.curve.bins import BINS, LAST
from afterglow_portal.curve.days import Entry
from afterglow_portal.curve.doses import Given, find_doses
from afterglow_portal.curve.drawing import Figure
from afterglow_portal.curve.items import Better
from afterglow_portal.curve.returning import Answer
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st

from tests.portal.curve.drawing import COURSE, START, at, daily, entry, figure, given

EIGHTHS = st.integers(-40, 40).map(lambda number: number / 8)  # exact in binary, whatever the order of adding
MOMENTS = st.floats(-200, 600).map(at) | st.sampled_from([at(hours) for hours in (-168, 0, 8, 36, 60, 96, 144, 360)])
ENTRIES = st.lists(st.builds(Entry, at=MOMENTS, value=EIGHTHS, back_dated=st.booleans()), max_size=40)
GIVEN = st.builds(
    Given,
    id=st.uuids(),
    course=st.just(COURSE),
    at=st.floats(0, 600).map(at),
    medicine=st.just("Ketamine"),
    route=st.sampled_from(["im", "im", "iv"]),
    dose_mg=st.just(60.0),
)
SERIES = st.lists(GIVEN, min_size=1, max_size=8, unique_by=lambda one: one.at)
BETTER = st.sampled_from([Better.up, Better.down, None])
many = settings(max_examples=200, deadline=None)


def numbers(drawn: Figure) -> object:
    """All of a figure but its instants."""
    doses = [(one.baseline, one.bins, one.outcome) for one in drawn.doses]
    return drawn.baseline, doses, drawn.averages, drawn.own_lifts, drawn.survival


@many
@over(SERIES, ENTRIES, BETTER, st.integers(-4_000, 4_000))
def test_shifting_all_instants_by_whole_days_shifts_nothing(
    series: list[Given], entries: list[Entry], better: Better | None, days: int
):
    by = timedelta(days=days)
    later = [replace(one, at=one.at + by) for one in series], [replace(one, at=one.at + by) for one in entries]
    assert numbers(figure(*later, better)) == numbers(figure(series, entries, better))


@many
@over(SERIES, ENTRIES, BETTER, st.integers(7, 900))
def test_a_later_dose_changes_no_bin_that_ends_before_it(
    series: list[Given], entries: list[Entry], better: Better | None, after: int
):
    last = find_doses(series)[-1].at
    later = replace(series[0], id=UUID(int=7), at=last + timedelta(hours=after))
    before, then = figure(series, entries, better), figure([*series, later], entries, better)
    assert then.baseline == before.baseline
    for one, other in zip(before.doses, then.doses, strict=False):
        ends = [one.dose.at + timedelta(hours=end) for _, end in BINS]
        kept = sum(end <= later.at for end in ends)
        assert other.bins[:kept] == one.bins[:kept]
        assert other.baseline == one.baseline


@many
@over(SERIES, ENTRIES, BETTER, st.randoms(use_true_random=False))
def test_the_order_in_which_anything_was_entered_does_not_matter(
    series: list[Given], entries: list[Entry], better: Better | None, random: np.random.Generator
):
    mixed = sorted(series, key=lambda _: random.random()), sorted(entries, key=lambda _: random.random())
    assert numbers(figure(*mixed, better)) == numbers(figure(series, entries, better))


@many
@over(SERIES, ENTRIES, st.lists(st.builds(Entry, at=MOMENTS, value=EIGHTHS, back_dated=st.just(True)), max_size=9))
def test_back_dated_entries_are_drawn_and_in_no_number(series: list[Given], entries: list[Entry], late: list[Entry]):
    with_, without = figure(series, entries + late), figure(series, entries)
    assert numbers(with_) == numbers(without)
    begin, end = with_.doses[0].dose.at, min(with_.doses[0].dose.cut or at(2_000), with_.doses[0].dose.at + LAST)
    assert set(with_.doses[0].entries) == {one for one in [*entries, *late] if begin <= one.at < end}


@many
@over(SERIES, EIGHTHS, BETTER)
def test_flat_data_lift_nowhere(series: list[Given], value: float, better: Better | None):
    drawn = figure(series, daily(-7, [value] * 40), better)
    assert drawn.baseline
    assert {one.mean for one in drawn.averages if one} <= {value}
    assert {one.outcome.answer for one in drawn.doses if one.outcome} <= {Answer.no_clear_lift}
    assert drawn.survival is None


@many
@over(st.integers(1, 8), st.integers(2, 20), st.lists(EIGHTHS, min_size=7, max_size=7), st.sampled_from(list(Better)))
def test_lasting_worsening_is_no_lift_and_has_no_return(number: int, apart: int, before: list[float], better: Better):
    sign = 1 if better == Better.up else -1
    worst = min(sign * value for value in before) - 3
    series = [given(24 * apart * one) for one in range(number)]
    drawn = figure(series, daily(-7, before) + daily(0, [sign * worst] * (apart * number)), better)
    assert drawn.baseline
    answers = {one.outcome.answer for one in drawn.doses if one.outcome}
    assert answers <= {Answer.worse, Answer.no_clear_lift}
    assert all(sign * (one.mean - drawn.baseline.mean) < 0 for one in drawn.averages if one)
    assert drawn.survival is None


SHAPE = st.lists(st.tuples(st.integers(0, 71), EIGHTHS), min_size=1, max_size=12, unique_by=lambda one: one[0])


@many
@over(SHAPE, st.integers(72, 168), st.lists(EIGHTHS, min_size=7, max_size=7), BETTER)
def test_six_identical_lifts_of_an_induction_look_neither_weaker_nor_stronger(
    shape: list[tuple[int, float]], apart: int, before: list[float], better: Better | None
):
    """Whatever the lift is, and whatever the week before: each dose shows what the first one does."""
    lifts = [entry(apart * number + hours, value) for number in range(6) for hours, value in shape]
    drawn = figure([given(apart * number) for number in range(6)], daily(-7, before) + lifts, better)
    first = drawn.doses[0]
    reached = [[(one.value, one.entries) for one in dose.bins[:4]] for dose in drawn.doses]
    assert reached == [reached[0]] * 6
    assert [dose.outcome for dose in drawn.doses] == [first.outcome] * 6
    for bin_, average in zip(first.bins, drawn.averages, strict=True):
        if average is None:
            assert bin_.value is None
        else:
            assert (average.doses, average.mean) == (6, pytest.approx(bin_.value))
            assert average.interval == pytest.approx((bin_.value, bin_.value))


@pytest.mark.parametrize("doses", [1, 6])
def test_white_noise_shows_no_benefit_and_no_return(doses: int):
    """Of noise alone some weeks look better: how many is known, and of six doses a return is next to never drawn."""
    random, rounds = np.random.default_rng(4), 1_500
    lifts, asked, drawn, outside, total = 0, 0, 0, 0, 0.0
    for _ in range(rounds):
        noise = random.normal(size=7 + 4 * doses)
        found = figure([given(96 * one) for one in range(doses)], daily(-7, noise))
        outcomes = [one.outcome for one in found.doses if one.outcome]
        lifts += sum(one.answer in {Answer.returned, Answer.not_yet} for one in outcomes)
        asked += len(outcomes)
        drawn += found.survival is not None
        (first,) = found.averages[1:2]
        assert first
        assert found.baseline
        total += first.mean - found.baseline.mean
        outside += first.interval is not None and first.interval[0] > found.baseline.highest
    assert lifts / asked < 0.14
    assert abs(total / rounds) < 0.05
    assert drawn / rounds < 0.04
    assert outside / rounds < 0.01


def test_a_history_of_only_back_dated_entries_says_nothing():
    late = [entry(24 * day, 3, back_dated=True) for day in range(-7, 15)]
    drawn = figure([given(0)], late)
    assert (drawn.baseline, drawn.doses[0].outcome) == (None, None)
    assert drawn.averages == [None] * len(BINS)
    assert len(drawn.before) + len(drawn.doses[0].entries) == len(late)
    assert drawn.before[0].at == START - timedelta(days=7)
