"""The sentences that say what a figure shows, whole for each measure: no language builds them from parts."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from afterglow_design.dates import day, number, signed
from afterglow_design.languages import _, ngettext


class Seen(NamedTuple):
    """What a measure was on `days` days that have it: the lowest, the highest and the last value, and when that was."""

    days: int
    lowest: float
    highest: float
    last: float
    last_day: date

    def values(self, say: Callable[[float], str]) -> dict[str, str]:
        named = {"lowest": self.lowest, "highest": self.highest, "last": self.last}
        return {**{name: say(value) for name, value in named.items()}, "day": day(self.last_day)}


class SeenWords(NamedTuple):
    """The sentence of one measure: for some values, and for none in so many days."""

    some: Callable[[Seen], str]
    none: Callable[[int], str]


def mood_seen(seen: Seen) -> str:
    values = seen.values(signed)
    if seen.lowest == seen.highest and seen.days > 1:
        return _("Mood %(last)s on each of %(days)s days; last on %(day)s.", **values, days=seen.days)
    return ngettext(
        "Mood on one day: %(last)s on %(day)s.",
        "Mood on %(num)s days, between %(lowest)s and %(highest)s; last %(last)s on %(day)s.",
        seen.days,
        **values,
    )


def anxiety_seen(seen: Seen) -> str:
    values = seen.values(number)
    if seen.lowest == seen.highest and seen.days > 1:
        return _("Anxiety %(last)s on each of %(days)s days; last on %(day)s.", **values, days=seen.days)
    return ngettext(
        "Anxiety on one day: %(last)s on %(day)s.",
        "Anxiety on %(num)s days, between %(lowest)s and %(highest)s; last %(last)s on %(day)s.",
        seen.days,
        **values,
    )


MOOD = SeenWords(mood_seen, lambda days: _("No entry with mood in these %(days)s days.", days=days))
ANXIETY = SeenWords(anxiety_seen, lambda days: _("No entry with anxiety in these %(days)s days.", days=days))


def gap_words(days: int) -> str:
    """Say how many days have no value; there is at least one."""
    return ngettext("One day has none.", "%(num)s days have none.", days)


def sparkline_words(values: Sequence[float | None]) -> str:
    """Say the range of a client's shared moods."""
    seen = [value for value in values if value is not None]
    if not seen:
        return _("No shared mood in the last %(days)s days", days=len(values))
    return _(
        "Mood between %(lowest)s and %(highest)s on %(seen)s of the last %(days)s days",
        lowest=signed(min(seen)),
        highest=signed(max(seen)),
        seen=len(seen),
        days=len(values),
    )
