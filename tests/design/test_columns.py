"""Columns of equal width over stretches of unequal length: every value inside its own, what lies beyond on the edge."""

import pytest
from afterglow_design.columns import Gap, Stretches
from afterglow_design.figures import Box
from hypothesis import given
from hypothesis import strategies as st

EDGES = [-168, 0, 8, 36, 96]
FIGURE = Stretches(EDGES, -5, 5, Box(left=10, right=90, top=0, bottom=100))


def test_each_stretch_is_as_wide_as_any_other():
    assert [FIGURE.across(edge) for edge in EDGES] == [10, 30, 50, 70, 90]
    assert [(one.left, one.right) for one in (FIGURE.column(0), FIGURE.column(3, Gap.over, "2/3"))] == [
        (10, 30),
        (70, 90),
    ]
    assert (FIGURE.across(-84), FIGURE.across(4), FIGURE.across(66)) == (20, 40, 80)


@given(st.floats(-168, 96, exclude_max=True))
def test_a_value_stands_in_its_own_column(value: float):
    place = sum(edge <= value for edge in EDGES) - 1
    column = FIGURE.column(place)
    assert column.left <= FIGURE.across(value) <= column.right


@pytest.mark.parametrize(("value", "at"), [(-200, 10), (96, 90), (1_000, 90)])
def test_what_lies_beyond_stands_on_the_edge(value: float, at: float):
    assert FIGURE.across(value) == at


def test_heights_levels_and_bands():
    assert [FIGURE.up(value) for value in (-9, -5, 0, 5, 9)] == [100, 100, 50, 0, 0]
    level = FIGURE.level(1, 2.5, (-9, 4))
    assert (level.left, level.right, level.middle, level.y, level.low, level.high) == (33.2, 46.8, 40, 25, 100, 10)
    assert (FIGURE.level(1, 0).low, FIGURE.level(1, 0).high) == (None, None)
    band = FIGURE.band(-1, 3, 1)
    assert (band.top, band.bottom, band.mean, band.height) == (20, 60, 40, 40)
