"""Geometry of drawings, in per cent of their box, for the macros `sparkline` and `curve`.

No figure joins two points across a gap: a missing day ends one line and the next value starts another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

Values = Sequence[float | None]


@dataclass(frozen=True)
class Tick:
    """A label on an axis, `at` per cent from the left or the top; `anchor` is start, middle or end."""

    at: float
    label: str
    anchor: str = "middle"
    zero: bool = False


class Dot(NamedTuple):  # cheap to make: a list of clients has thousands
    """A single value, `x` and `y` in per cent."""

    x: float
    y: float


@dataclass(frozen=True)
class Line:
    """One measure: its runs without gaps as `points` attributes, values between two gaps as dots, and a tone.

    `tone` is one of glow, dusk, sage (CSS variables of the stylesheet). `hollow` values belong to no run.
    """

    name: str
    tone: str
    runs: Sequence[str]
    dots: Sequence[Dot]
    hollow: Sequence[Dot] = ()


@dataclass(frozen=True)
class Mark:
    """Something that happened, `at` per cent from the left; `label` is its legend's word.

    `kind` is dose, session or raised (energy). `word` is the label above its line, empty where it would run into a
    neighbour's.
    """

    at: float
    kind: str
    label: str
    word: str = ""
    anchor: str = "middle"


@dataclass(frozen=True)
class Row:
    """A row of the table: its cells, and where in the drawing it stands, in per cent from the left."""

    at: float
    cells: Sequence[str]


@dataclass(frozen=True)
class Box:
    """The part of a drawing inside its axes, in per cent."""

    left: float = 9.0
    right: float = 99.0
    top: float = 4.0
    bottom: float = 86.0


SMALL = Box(left=2, right=98, top=10, bottom=90)


@dataclass(frozen=True)
class Curve:
    """Everything the macro `curve` draws and says.

    `hollow_words` say in the legend what a hollow value is. `reading` names the slider that reads the rows out.
    """

    summary: str
    lines: Sequence[Line]
    y_ticks: Sequence[Tick]
    x_ticks: Sequence[Tick]
    table_headers: Sequence[str]
    table_rows: Sequence[Row]
    table_caption: str
    hollow_words: str = ""
    marks: Sequence[Mark] = ()
    reading: str = ""
    box: Box = Box()

    @property
    def legend_marks(self) -> list[Mark]:
        """One mark of each kind."""
        return list({mark.kind: mark for mark in self.marks}.values())


@dataclass(frozen=True)
class Sparkline:
    """A small line without axes and the sentence that says the same; `marks` are per cent from the left."""

    summary: str
    runs: Sequence[str]
    dots: Sequence[Dot]
    marks: Sequence[float] = ()


def place(values: Values, low: float, high: float, box: Box) -> list[Dot | None]:
    """Turn equally spaced values within low…high into points inside the box; None stays None."""
    step = (box.right - box.left) / max(len(values) - 1, 1)
    return [
        None if value is None else Dot(round(box.left + step * index, 2), height(value, low=low, high=high, box=box))
        for index, value in enumerate(values)
    ]


def height(value: float, *, low: float, high: float, box: Box) -> float:
    """Where a value stands, in per cent from the top."""
    return round(box.bottom - (value - low) * (box.bottom - box.top) / (high - low), 2)


def runs(dots: Sequence[Dot | None]) -> list[list[Dot]]:
    """Split points at their gaps."""
    found: list[list[Dot]] = [[]]
    for dot in dots:
        if dot is not None:
            found[-1].append(dot)
        elif found[-1]:
            found.append([])
    return [run for run in found if run]


def line(
    name: str,
    values: Values,
    *,
    low: float,
    high: float,
    tone: str = "glow",
    hollow: Values = (),
    box: Box | None = None,
) -> Line:
    """Draw one measure of a curve; `hollow` values stand on the same places and are joined to nothing."""
    box = box or Box()
    dots = place(values, low, high, box)
    apart = [dot for dot in place(hollow, low, high, box) if dot]
    return Line(name, tone, _points(dots), _alone(dots), apart)


def sparkline(values: Values, *, low: float, high: float, summary: str, marks: Sequence[int] = ()) -> Sparkline:
    """Draw a small line without axes; `marks` are the places of values at which something happened."""
    dots = place(values, low, high, SMALL)
    return Sparkline(
        summary, _points(dots), _alone(dots), [across(mark, count=len(values), box=SMALL) for mark in marks]
    )


def y_ticks(labels: Mapping[float, str], *, low: float, high: float, box: Box | None = None) -> list[Tick]:
    """Labels of a vertical axis by value; the line at 0 is marked."""
    box = box or Box()
    return [
        Tick(height(value, low=low, high=high, box=box), label, "end", zero=value == 0)
        for value, label in labels.items()
    ]


def x_ticks(labels: Mapping[int, str], *, count: int, box: Box | None = None) -> list[Tick]:
    """Labels of a horizontal axis by index; the outermost turn inwards so that nothing is cut off."""
    anchors = {0: "start", count - 1: "end"}
    return [
        Tick(across(index, count=count, box=box), label, anchors.get(index, "middle"))
        for index, label in labels.items()
    ]


def across(index: float, *, count: int, box: Box | None = None) -> float:
    """Where the value at `index` of `count` stands, in per cent from the left; a mark may stand between two."""
    box = box or Box()
    return round(box.left + (box.right - box.left) / max(count - 1, 1) * index, 2)


def with_words(marks: Sequence[Mark], *, room: float = 17.0) -> list[Mark]:
    """Label marks where a word has room, per cent of a phone's drawing; doses come first."""
    taken: list[float] = []
    found: dict[int, Mark] = {}
    for place_, mark in sorted(enumerate(marks), key=lambda one: one[1].kind != "dose"):
        free = all(abs(mark.at - at) >= room for at in taken)
        taken += [mark.at] if free else []
        found[place_] = replace(mark, word=mark.label if free else "", anchor=_anchor(mark.at, room))
    return [found[place_] for place_ in range(len(marks))]


def _anchor(at: float, room: float) -> str:
    box = Box()
    return "start" if at < box.left + room / 2 else "end" if at > box.right - room / 2 else "middle"


def _points(dots: Sequence[Dot | None]) -> list[str]:
    return [" ".join(f"{dot.x:g},{dot.y:g}" for dot in run) for run in runs(dots) if len(run) > 1]


def _alone(dots: Sequence[Dot | None]) -> list[Dot]:
    """Pick the values between two gaps: no line shows them."""
    return [run[0] for run in runs(dots) if len(run) == 1]
