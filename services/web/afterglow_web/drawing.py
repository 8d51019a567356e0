"""From day means to the figures that pages draw; design does the geometry, gaps stay gaps."""

from collections.abc import Sequence

from afterglow_design.dates import brief_day, number, short_day, signed
from afterglow_design.figures import Curve, Sparkline, Tick, line, sparkline, x_ticks, y_ticks
from afterglow_design.languages import _

from afterglow_web.figure_words import ANXIETY, MOOD, Seen, SeenWords, gap_words, sparkline_words
from afterglow_web.records import CaseloadEntry, DayMeans

BALANCE = (-5.0, 5.0)
STRENGTH = (0.0, 10.0)


def mood_and_energy(days: Sequence[DayMeans]) -> Curve:
    """Both lines of the first figure, on one scale around nought."""
    low, high = BALANCE
    moods, energies = [one.mood for one in days], [one.energy for one in days]
    return Curve(
        summary=sentence(MOOD, moods, days),
        lines=[
            line(_("Mood"), moods, low=low, high=high, tone="glow"),
            line(_("Energy"), energies, low=low, high=high, tone="dusk"),
        ],
        y_ticks=y_ticks({-4: signed(-4), -2: signed(-2), 0: "0", 2: "+2", 4: "+4"}, low=low, high=high),
        x_ticks=date_ticks(days),
        table_caption=_("Mood and energy by day"),
        table_headers=[_("Day"), _("Mood"), _("Energy")],
        table_rows=[[short_day(one.date), signed(one.mood), signed(one.energy)] for one in days if one.entries],
    )


def anxiety(days: Sequence[DayMeans]) -> Curve:
    """The second figure: its scale begins at none."""
    low, high = STRENGTH
    values = [one.anxiety for one in days]
    return Curve(
        summary=sentence(ANXIETY, values, days),
        lines=[line(_("Anxiety"), values, low=low, high=high, tone="dusk")],
        y_ticks=y_ticks({0: "0", 5: "5", 10: "10"}, low=low, high=high),
        x_ticks=date_ticks(days),
        table_caption=_("Anxiety by day"),
        table_headers=[_("Day"), _("Anxiety")],
        table_rows=[[short_day(one.date), number(one.anxiety)] for one in days if one.entries],
    )


def date_ticks(days: Sequence[DayMeans]) -> list[Tick]:
    """Four dates at even distances, the first and the last day among them: more would collide on a phone."""
    last = len(days) - 1
    places = sorted({round(last * third / 3) for third in range(4)})
    return x_ticks({place: brief_day(days[place].date) for place in places}, count=len(days))


def sentence(words: SeenWords, values: Sequence[float | None], days: Sequence[DayMeans]) -> str:
    """Say what the curve shows: on how many days, between which values, and the last one. No trend, no judgement."""
    seen = [(one.date, value) for one, value in zip(days, values, strict=True) if value is not None]
    if not seen:
        return words.none(len(days))
    last_day, last = seen[-1]
    found = Seen(len(seen), min(value for _day, value in seen), max(value for _day, value in seen), last, last_day)
    gaps = len(days) - len(seen)
    return " ".join([words.some(found), *([gap_words(gaps)] if gaps else [])])


def mood_sparkline(entry: CaseloadEntry) -> Sparkline:
    """The last 30 days of shared moods of one client."""
    values = [one.mood for one in entry.sparkline]
    low, high = BALANCE
    return sparkline(values, low=low, high=high, summary=sparkline_words(values))
