"""Geometry of a figure in columns of equal width, each a stretch of time of its own length, for the macro `columns`.

Stretches that matter are hours long and others days: equal columns let both be read. In per cent of the drawing's box.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from afterglow_design.figures import Box, Dot, Row, Tick, height

WHOLE = Box()


class Gap(StrEnum):
    """Nothing was noted, or the time was over before the column began."""

    empty = "empty"
    over = "over"


@dataclass(frozen=True)
class Column:
    """From `left` to `right`; `word` stands at its foot."""

    left: float
    right: float
    gap: Gap | None = None
    word: str = ""

    @property
    def middle(self) -> float:
        return round((self.left + self.right) / 2, 2)

    @property
    def width(self) -> float:
        return round(self.right - self.left, 2)


@dataclass(frozen=True)
class Level:
    """A mean, as a bar at `y` across its column, and its interval from `low` down to `high` up, if it has one."""

    left: float
    right: float
    y: float
    low: float | None = None
    high: float | None = None

    @property
    def middle(self) -> float:
        return round((self.left + self.right) / 2, 2)


@dataclass(frozen=True)
class Band:
    """A range with its mean, across the whole drawing; `top` lies above `bottom`."""

    top: float
    bottom: float
    mean: float

    @property
    def height(self) -> float:
        return round(self.bottom - self.top, 2)


@dataclass(frozen=True)
class Legend:
    """`kind` is dot, faint, hollow, level, band, cut, empty, over or word; only kinds that are drawn are named."""

    kind: str
    label: str


@dataclass(frozen=True)
class Columns:
    """Everything the macro `columns` draws and says. `zero` is where the time before ends and the time after begins."""

    summary: str
    columns: Sequence[Column]
    levels: Sequence[Level]
    dots: Sequence[Dot]
    faint: Sequence[Dot]
    hollow: Sequence[Dot]
    cuts: Sequence[float]
    zero: float
    zero_word: str
    legend: Sequence[Legend]
    y_ticks: Sequence[Tick]
    x_ticks: Sequence[Tick]
    table_headers: Sequence[str]
    table_rows: Sequence[Row]
    table_caption: str
    band: Band | None = None
    reading: str = ""
    box: Box = WHOLE


@dataclass(frozen=True)
class Stretches:
    """Columns over `edges` in ascending order, from `low` to `high` on the other axis."""

    edges: Sequence[float]
    low: float
    high: float
    box: Box = WHOLE

    @property
    def width(self) -> float:
        return (self.box.right - self.box.left) / (len(self.edges) - 1)

    def across(self, value: float) -> float:
        """Where a value of the horizontal axis stands; its column is stretched evenly."""
        last = len(self.edges) - 2
        place = max(number for number, edge in enumerate(self.edges[:-1]) if edge <= max(value, self.edges[0]))
        begin, end = self.edges[place], self.edges[place + 1]
        share = min(max((value - begin) / (end - begin), 0), 1)
        return round(self.box.left + self.width * (min(place, last) + share), 2)

    def column(self, place: int, gap: Gap | None = None, word: str = "") -> Column:
        left = self.box.left + self.width * place
        return Column(round(left, 2), round(left + self.width, 2), gap, word)

    def up(self, value: float) -> float:
        """Where a value of the vertical axis stands; what lies beyond it, on its edge."""
        return height(min(max(value, self.low), self.high), low=self.low, high=self.high, box=self.box)

    def dot(self, across: float, up: float) -> Dot:
        return Dot(self.across(across), self.up(up))

    def level(self, place: int, mean: float, interval: tuple[float, float] | None = None) -> Level:
        column, inset = self.column(place), self.width * 0.16
        low, high = (self.up(one) for one in interval) if interval else (None, None)
        return Level(round(column.left + inset, 2), round(column.right - inset, 2), self.up(mean), low, high)

    def band(self, lowest: float, highest: float, mean: float) -> Band:
        return Band(self.up(highest), self.up(lowest), self.up(mean))
