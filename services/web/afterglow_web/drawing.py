"""From day means to the figures that pages draw; design does the geometry, gaps stay gaps."""

from collections.abc import Sequence
from datetime import date

from afterglow_design.dates import day, number, short_day, signed
from afterglow_design.figures import Curve, Sparkline, Tick, line, sparkline, x_ticks, y_ticks

from afterglow_web.records import CaseloadEntry, DayMeans

BALANCE = (-5.0, 5.0)
STRENGTH = (0.0, 10.0)


def mood_and_energy(days: Sequence[DayMeans]) -> Curve:
    """Both lines of the first figure, on one scale around nought."""
    low, high = BALANCE
    moods, energies = [one.mood for one in days], [one.energy for one in days]
    return Curve(
        summary=sentence("mood", moods, days),
        lines=[
            line("Mood", moods, low=low, high=high, tone="glow"),
            line("Energy", energies, low=low, high=high, tone="dusk"),
        ],
        y_ticks=y_ticks({-4: signed(-4), -2: signed(-2), 0: "0", 2: "+2", 4: "+4"}, low=low, high=high),
        x_ticks=date_ticks(days),
        table_caption="Mood and energy by day",
        table_headers=["Day", "Mood", "Energy"],
        table_rows=[[short_day(one.date), signed(one.mood), signed(one.energy)] for one in days if one.entries],
    )


def anxiety(days: Sequence[DayMeans]) -> Curve:
    """The second figure: its scale begins at none."""
    low, high = STRENGTH
    values = [one.anxiety for one in days]
    return Curve(
        summary=sentence("anxiety", values, days, signs=False),
        lines=[line("Anxiety", values, low=low, high=high, tone="dusk")],
        y_ticks=y_ticks({0: "0", 5: "5", 10: "10"}, low=low, high=high),
        x_ticks=date_ticks(days),
        table_caption="Anxiety by day",
        table_headers=["Day", "Anxiety"],
        table_rows=[[short_day(one.date), number(one.anxiety)] for one in days if one.entries],
    )


def date_ticks(days: Sequence[DayMeans]) -> list[Tick]:
    """Four dates at even distances, the first and the last day among them: more would collide on a phone."""
    last = len(days) - 1
    places = sorted({round(last * third / 3) for third in range(4)})
    return x_ticks({place: tick(days[place].date) for place in places}, count=len(days))


def tick(value: date) -> str:
    """Write a day as `12 Mar`: five of them fit under a curve on a phone."""
    return f"{value.day} {value:%b}"


def sentence(what: str, values: Sequence[float | None], days: Sequence[DayMeans], *, signs: bool = True) -> str:
    """Say what the curve shows: on how many days, between which values, and the last one. No trend, no judgement."""
    say = signed if signs else number
    seen = [(one.date, value) for one, value in zip(days, values, strict=True) if value is not None]
    if not seen:
        return f"No entry with {what} in these {len(days)} days."
    lowest, highest = min(value for _, value in seen), max(value for _, value in seen)
    between = f"{say(lowest)} on each" if lowest == highest else f"between {say(lowest)} and {say(highest)}"
    last_day, last_value = seen[-1]
    gaps = len(days) - len(seen)
    without = "" if not gaps else " One day has none." if gaps == 1 else f" {gaps} days have none."
    many = "one day" if len(seen) == 1 else f"{len(seen)} days"
    return f"{what.capitalize()} on {many}, {between}; last {say(last_value)} on {day(last_day)}.{without}"


def mood_sparkline(entry: CaseloadEntry) -> Sparkline:
    """The last 30 days of shared moods of one client."""
    values = [one.mood for one in entry.sparkline]
    low, high = BALANCE
    seen = [value for value in values if value is not None]
    summary = (
        f"Mood between {signed(min(seen))} and {signed(max(seen))} on {len(seen)} of the last {len(values)} days"
        if seen
        else f"No shared mood in the last {len(values)} days"
    )
    return sparkline(values, low=low, high=high, summary=summary)
