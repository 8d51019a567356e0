"""Drawings: gaps stay gaps, nothing lies outside its box."""

from itertools import pairwise

from afterglow_design import figures
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.lists(st.none() | st.floats(-5, 5), min_size=1, max_size=60)


@given(VALUES)
def test_no_line_goes_through_a_gap(values: list[float | None]):
    line = figures.line("Mood", values, low=-5, high=5)
    drawn = sum(len(run.split()) for run in line.runs) + len(line.dots)
    assert drawn == sum(value is not None for value in values)
    changes = zip([None, *values], [*values, None], strict=True)
    starts = sum(before is None and after is not None for before, after in changes)
    assert len(line.runs) + len(line.dots) == starts


@given(VALUES)
def test_everything_lies_inside_the_box(values: list[float | None]):
    box = figures.Box()
    for dot in figures.place(values, -5, 5, box):
        assert dot is None or (box.left <= dot.x <= box.right and box.top <= dot.y <= box.bottom)


def test_a_small_history_exactly():
    box = figures.Box(left=0, right=100, top=0, bottom=100)
    line = figures.line("Mood", [-5, 0, None, 5, None], low=-5, high=5, box=box)
    assert line.runs == ["0,100 25,50"]
    assert line.dots == [figures.Dot(75, 0)]


def test_no_values_draw_nothing():
    drawing = figures.sparkline([None] * 30, low=-5, high=5, summary="No entries in 30 days")
    assert (drawing.runs, drawing.dots, drawing.marks) == ([], [], [])


def test_a_sparkline_marks_places_of_its_values():
    drawing = figures.sparkline([1] * 31, low=-5, high=5, summary="Doses", marks=[0, 15, 30])
    assert drawing.marks == [2, 50, 98]


def test_ticks():
    zero = figures.y_ticks({-5: "low", 0: "0", 5: "high"}, low=-5, high=5)
    assert [(tick.at, tick.zero) for tick in zero] == [(86, False), (45, True), (4, False)]
    days = figures.x_ticks({0: "a", 15: "b", 30: "c"}, count=31)
    assert [(tick.at, tick.anchor) for tick in days] == [(9, "start"), (54, "middle"), (99, "end")]


@given(st.lists(st.tuples(st.floats(9, 99), st.sampled_from(["dose", "session"])), max_size=40))
def test_no_word_of_a_mark_runs_into_another(places: list[tuple[float, str]]):
    drawn = figures.with_words([figures.Mark(at, kind, kind) for at, kind in places])
    assert [(mark.at, mark.kind) for mark in drawn] == places
    said = sorted(mark.at for mark in drawn if mark.word)
    assert all(right - left >= 17 for left, right in pairwise(said))
    assert bool(said) == bool(places)
    first_dose = next((mark for mark in drawn if mark.kind == "dose"), None)
    assert first_dose is None or first_dose.word == "dose"
