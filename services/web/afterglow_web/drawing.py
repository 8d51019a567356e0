"""From means of days or weeks to the figures that pages draw; design does the geometry, gaps stay gaps."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

from afterglow_design.dates import number, signed
from afterglow_design.figures import (
    Curve,
    Line,
    Mark,
    Row,
    Sparkline,
    Tick,
    across,
    line,
    sparkline,
    with_words,
    x_ticks,
    y_ticks,
)
from afterglow_design.languages import _, lazy

from afterglow_web.figure_words import UNITS, Seen, happened_words, marked_words, sparkline_words
from afterglow_web.records import CheckInCurve, Means
from afterglow_web.therapist.records import CaseloadEntry


class Scale(NamedTuple):
    """The values of an axis, where it has labels, and how its numbers are said."""

    low: float
    high: float
    labels: Sequence[int]
    say: Callable[[float | None], str]


BALANCE = Scale(-5, 5, (-4, -2, 0, 2, 4), signed)
STRENGTH = Scale(0, 10, (0, 5, 10), number)
MARKED = {"dose": lazy("Dose"), "session": lazy("Session"), "raised": lazy("Raised energy")}


def mood_and_energy(curve: CheckInCurve) -> Curve:
    """Both lines of the first figure, on one scale around nought."""
    by_week, by_day = _("Mood and energy by week"), _("Mood and energy by day")
    names = {"mood": _("Mood"), "energy": _("Energy")}
    return draw(curve, BALANCE, names, ("glow", "dusk"), by_week if curve.unit == "week" else by_day)


def anxiety(curve: CheckInCurve) -> Curve:
    """The second figure: its scale begins at none."""
    by_week, by_day = _("Anxiety by week"), _("Anxiety by day")
    return draw(curve, STRENGTH, {"anxiety": _("Anxiety")}, ("dusk",), by_week if curve.unit == "week" else by_day)


def draw(curve: CheckInCurve, scale: Scale, names: dict[str, str], tones: Sequence[str], caption: str) -> Curve:
    """One figure of the measures in `names`; its sentence is about the first of them."""
    words = UNITS[curve.unit]
    measures = list(names)
    lines = [measured(curve, one, names[one], scale, tone) for one, tone in zip(measures, tones, strict=True)]
    return Curve(
        summary=sentence(curve, measures[0]),
        lines=lines,
        y_ticks=y_ticks({value: scale.say(value) for value in scale.labels}, low=scale.low, high=scale.high),
        x_ticks=date_ticks(curve),
        table_caption=caption,
        table_headers=[str(words.header), *names.values()],
        table_rows=rows(curve, measures, scale.say),
        hollow_words=_("Noted later: hollow, in no line") if any(one.hollow for one in lines) else "",
        marks=marks(curve),
        reading=str(words.reading),
    )


def marks(curve: CheckInCurve) -> list[Mark]:
    """Days of doses and sessions as lines, in a week on their own day; and those of raised energy, without a word."""
    first, length = curve.points[0].date, 7 if curve.unit == "week" else 1
    places = [(one, (one.date - first).days / length) for one in curve.happenings]
    last = len(curve.points) - 1
    drawn = [
        Mark(across(min(place, last), count=len(curve.points)), one.kind, str(MARKED[one.kind]))
        for one, place in places
    ]
    named = with_words([one for one in drawn if one.kind != "raised"])
    return [*named, *(one for one in drawn if one.kind == "raised")]


def happened(curve: CheckInCurve) -> dict[int, list[str]]:
    """What is marked, by the place of its day or week."""
    dates = [point.date for point in curve.points]
    found: dict[int, list[str]] = {}
    for one in curve.happenings:
        found.setdefault(max(bisect_right(dates, one.date) - 1, 0), []).append(one.kind)
    return found


def measured(curve: CheckInCurve, measure: str, name: str, scale: Scale, tone: str) -> Line:
    """One measure as its means, and what was noted later as hollow values."""
    then = [getattr(point, measure) for point in curve.points]
    later = [getattr(point.back_dated, measure, None) for point in curve.points]
    return line(name, then, low=scale.low, high=scale.high, tone=tone, hollow=later)


def rows(curve: CheckInCurve, measures: Sequence[str], say: Callable[[float | None], str]) -> list[Row]:
    """A row for each point that has a value or is marked, and one of its own for what was noted later."""
    found = []
    marked = happened(curve)
    for place, point in enumerate(curve.points):
        when = UNITS[curve.unit].row(point.date)
        label = f"{when}, {happened_words(marked[place])}" if place in marked else when
        said: list[tuple[str, Means]] = [(label, point)] if point.entries or place in marked else []
        if point.back_dated:
            said.append((_("%(when)s, noted later", when=when), point.back_dated))
        at = across(place, count=len(curve.points))
        found += [Row(at, [said_when, *(say(getattr(means, one)) for one in measures)]) for said_when, means in said]
    return found


def date_ticks(curve: CheckInCurve) -> list[Tick]:
    """Four dates at even distances, the first and the last among them: more would collide on a phone."""
    count, tick = len(curve.points), UNITS[curve.unit].tick
    places = sorted({round((count - 1) * third / 3) for third in range(4)})
    return x_ticks({place: tick(curve.points[place].date) for place in places}, count=count)


def sentence(curve: CheckInCurve, measure: str) -> str:
    """Say what the curve shows: how often, between which values, and what is marked. No trend, no judgement."""
    words, points = UNITS[curve.unit], curve.points
    seen = [(point.date, value) for point in points if (value := getattr(point, measure)) is not None]
    later = [point.date for point in points if getattr(point.back_dated, measure, None) is not None]
    gaps = len(points) - len({*later, *(date for date, _value in seen)})
    said = [] if seen or later else [words.seen[measure].none(len(points))]
    if seen:
        values = [value for _date, value in seen]
        last_date, last = seen[-1]
        said = [words.seen[measure].some(Seen(len(seen), min(values), max(values), last, last_date))]
        said += [words.gaps(gaps)] if gaps else []
    said += [words.later(len(later))] if later else []
    said += [str(words.means)] if words.means else []
    days = {kind: [one.date for one in curve.happenings if one.kind == kind] for kind in MARKED}
    return " ".join(filter(None, [*said, marked_words(days)]))


def mood_sparkline(entry: CaseloadEntry) -> Sparkline:
    """The last 30 days of shared moods of one client, with the days of doses."""
    line = entry.sparkline
    marks = [(day - line.first).days for day in line.doses]
    summary = sparkline_words(line.moods, line.doses)
    return sparkline(line.moods, low=BALANCE.low, high=BALANCE.high, summary=summary, marks=marks)
