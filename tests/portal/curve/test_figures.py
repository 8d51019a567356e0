"""The dose curve by hand: what each definition of DOMAIN §3 says, on histories small enough to count."""

from uuid import UUID

import pytest
from afterglow_portal.curve.averages import Average
from afterglow_portal.curve.bins import Reach
from afterglow_portal.curve.doses import find_doses

from tests.portal.curve.drawing import at, daily, entry, figure, given

FLAT = daily(-7, [0] * 7)
REACHED, EMPTY, OVER = Reach.reached, Reach.empty, Reach.over


def test_within_six_hours_is_one_dose_and_the_first_is_hour_0():
    doses = find_doses([given(6), given(0.5), given(0), given(6.5), given(100)])
    assert [(dose.at, len(dose.given)) for dose in doses] == [(at(0), 3), (at(6.5), 1), (at(100), 1)]
    assert [(dose.before, dose.cut) for dose in doses] == [(None, at(6.5)), (at(0), at(100)), (at(6.5), None)]


def test_alike_are_doses_of_the_same_medicines_and_routes():
    kinds = [
        find_doses(some)[0].kind
        for some in (
            [given(0)],
            [given(0, medicine=" ketamine ")],
            [given(0, route="iv")],
            [given(0), given(0.5)],
            [given(0), given(0.5, route="sublingual")],
            [given(0, medicine="Esketamine")],
        )
    ]
    assert kinds[0] == kinds[1] == kinds[3]
    assert len(set(kinds)) == 4


def test_six_identical_lifts_of_an_induction_look_alike():
    """Against what is left of a week before each of them, the later ones would look ever weaker."""
    doses = [given(84 * number) for number in range(6)]
    entries = daily(-7, [-2, -1, -2, -1, -2, -1, -2])
    for number in range(6):
        entries += [entry(84 * number + hours, value) for hours, value in ((4, 1), (24, 2), (48, 1), (70, 0))]
    drawn = figure(doses, entries)
    values = {tuple(one.value for one in dose.bins[:4]) for dose in drawn.doses}
    assert values == {(1, 2, 1, 0)}
    assert [one.doses for one in drawn.averages[:4] if one] == [6] * 4
    assert [one.interval for one in drawn.averages[:2] if one] == [(1, 1), (2, 2)]
    assert drawn.baseline
    assert drawn.baseline.mean == pytest.approx(-11 / 7)
    assert [dose.baseline is not None for dose in drawn.doses] == [True] + [False] * 5


def test_bins_are_half_open_and_cut_at_the_next_dose():
    edges = (0, 8, 36, 60, 96, 144, 192, 264)
    on_edges = [entry(hours, number) for number, hours in enumerate(edges)] + [entry(360, 99)]
    (alone,) = figure([given(0)], on_edges).doses
    assert [(one.value, one.entries, one.cut) for one in alone.bins] == [(number, 1, False) for number in range(8)]
    first, second = figure([given(0), given(60)], on_edges).doses
    assert [one.reach for one in first.bins] == [REACHED] * 3 + [OVER] * 5
    assert (second.bins[0].value, second.bins[1].value) == (3, None)
    first = figure([given(0), given(50)], [entry(49, 1), entry(50, 5)]).doses[0]
    assert [(one.reach, one.cut) for one in first.bins[:4]] == [(EMPTY, False)] * 2 + [(REACHED, True), (OVER, False)]
    assert first.bins[2].value == 1


def test_from_the_fifth_day_on_a_day_of_many_entries_weighs_as_one_day():
    early = [entry(10, 0), entry(11, 0), entry(35, 3)]
    late = [entry(97, 0), entry(98, 0), entry(121, 3)]
    bins = figure([given(0)], early + late).doses[0].bins
    assert (bins[1].value, bins[4].value) == (1, 1.5)


def test_the_baseline_is_of_three_days_at_least_and_back_dated_entries_are_in_no_mean():
    late = [entry(-30, 5, back_dated=True), entry(5, 5, back_dated=True)]
    drawn = figure([given(0)], [*daily(-2, [1, 3]), *late])
    assert drawn.baseline is None
    assert [(one.value, one.back_dated) for one in drawn.before] == [(1, False), (5, True), (3, False)]
    assert [(one.value, one.back_dated) for one in drawn.doses[0].entries] == [(5, True)]
    assert drawn.doses[0].bins[0].reach == EMPTY
    drawn = figure([given(0)], [*daily(-8, [9, 1, 1]), *daily(-3, [3, 4]), entry(-169, 9), entry(-168, 2), entry(0, 9)])
    before = drawn.baseline
    assert before
    assert (before.days, before.mean, before.lowest, before.highest) == (4, pytest.approx(2.375), 1, 4)


def test_a_dose_has_a_baseline_of_its_own_only_two_weeks_after_the_last_one():
    entries = [*FLAT, entry(1, 0), *daily(7, [2] * 7), *daily(14, [3, 3])]
    assert figure([given(0), given(14 * 24 - 1)], entries).doses[1].baseline is None
    drawn = figure([given(0), given(14 * 24)], entries)
    assert drawn.doses[1].baseline
    assert drawn.doses[1].baseline.mean == 2
    assert drawn.own_lifts[0] == Average(2, 0.5, None)  # 0 above the first dose's, 1 above the second's
    assert drawn.own_lifts[1] == Average(1, 1, None)


def test_what_another_medicine_cuts_is_not_averaged_with_it():
    drawn = figure([given(0), given(50, medicine="Esketamine", course=UUID(int=2)), given(200)], FLAT)
    assert [dose.dose.at for dose in drawn.doses] == [at(0), at(200)]
    assert drawn.doses[0].dose.cut == at(50)


@pytest.mark.parametrize("doses", [1, 2, 4, 5])
def test_an_interval_needs_five_doses(doses: int):
    entries = [entry(480 * number + 1, number % 2 * 2) for number in range(doses)]
    one = figure([given(480 * number) for number in range(doses)], entries).averages[0]
    assert one
    assert one.doses == doses
    if doses < 5:
        assert one.interval is None
    else:  # t of 4 degrees of freedom is 2.776; the values 0 2 0 2 0 have a variance of 1.2
        half = 2.7764451 * (1.2 / 5) ** 0.5
        assert one.interval == pytest.approx((0.8 - half, 0.8 + half))


def test_a_bin_that_fewer_doses_reach_says_how_many():
    drawn = figure([given(0), given(72)], [entry(1, 1), entry(73, 3), entry(62, 5)])
    assert [one and (one.doses, one.mean) for one in drawn.averages[:4]] == [(2, 2), None, None, (1, 5)]


def test_the_week_before_a_dose_is_told_only_where_it_is_its_own():
    """Half-open as every stretch: from 168 hours before, up to hour 0; what was noted later is in it and hollow."""
    entries = [entry(14 * 24 - 169, 9), entry(14 * 24 - 168, 1), entry(300, 2, back_dated=True), entry(14 * 24, 3)]
    alone = figure([given(0), given(14 * 24)], entries).doses[1]
    assert [(one.at, one.value, one.back_dated) for one in alone.before] == [
        (at(14 * 24 - 168), 1, False),
        (at(300), 2, True),
    ]
    assert alone.baseline is None  # of fewer than three days
    assert figure([given(0), given(14 * 24 - 1)], entries).doses[1].before == ()
