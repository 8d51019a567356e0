"""The sentences that say what a figure shows, whole for each measure and unit: no language builds them from parts."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from afterglow_design.dates import brief_day, brief_month, day, full_day, number, short_day, signed
from afterglow_design.languages import LazyString, _, lazy, ngettext


class Seen(NamedTuple):
    """What a measure was on so many days or weeks: the lowest, the highest and the last value, and when that was."""

    times: int
    lowest: float
    highest: float
    last: float
    last_date: date

    @property
    def all_alike(self) -> bool:
        return self.lowest == self.highest and self.times > 1

    def values(self, say: Callable[[float], str], say_date: Callable[[date], str]) -> dict[str, str]:
        named = {"lowest": self.lowest, "highest": self.highest, "last": self.last}
        return {**{name: say(value) for name, value in named.items()}, "day": say_date(self.last_date)}


class SeenWords(NamedTuple):
    """The sentence of one measure: for some values, and for none in so many days or weeks."""

    some: Callable[[Seen], str]
    none: Callable[[int], str]


def mood_by_day(seen: Seen) -> str:
    values = seen.values(signed, day)
    if seen.all_alike:
        return _("Mood %(last)s on each of %(days)s days; last on %(day)s.", **values, days=seen.times)
    return ngettext(
        "Mood on one day: %(last)s on %(day)s.",
        "Mood on %(num)s days, between %(lowest)s and %(highest)s; last %(last)s on %(day)s.",
        seen.times,
        **values,
    )


def anxiety_by_day(seen: Seen) -> str:
    values = seen.values(number, day)
    if seen.all_alike:
        return _("Anxiety %(last)s on each of %(days)s days; last on %(day)s.", **values, days=seen.times)
    return ngettext(
        "Anxiety on one day: %(last)s on %(day)s.",
        "Anxiety on %(num)s days, between %(lowest)s and %(highest)s; last %(last)s on %(day)s.",
        seen.times,
        **values,
    )


def mood_by_week(seen: Seen) -> str:
    values = seen.values(signed, full_day)
    if seen.all_alike:
        return _("Mood %(last)s in each of %(weeks)s weeks; last in that of %(day)s.", **values, weeks=seen.times)
    return ngettext(
        "Mood in one week: %(last)s in that of %(day)s.",
        "Mood in %(num)s weeks, between %(lowest)s and %(highest)s; last %(last)s in that of %(day)s.",
        seen.times,
        **values,
    )


def anxiety_by_week(seen: Seen) -> str:
    values = seen.values(number, full_day)
    if seen.all_alike:
        return _("Anxiety %(last)s in each of %(weeks)s weeks; last in that of %(day)s.", **values, weeks=seen.times)
    return ngettext(
        "Anxiety in one week: %(last)s in that of %(day)s.",
        "Anxiety in %(num)s weeks, between %(lowest)s and %(highest)s; last %(last)s in that of %(day)s.",
        seen.times,
        **values,
    )


class UnitWords(NamedTuple):
    """What a figure of days, or one of weeks, says: its dates, its sentences, and what a gap and a later note are."""

    row: Callable[[date], str]
    tick: Callable[[date], str]
    header: LazyString
    reading: LazyString
    seen: Mapping[str, SeenWords]
    gaps: Callable[[int], str]
    later: Callable[[int], str]
    means: LazyString | None = None


DAYS = UnitWords(
    row=short_day,
    tick=brief_day,
    header=lazy("Day"),
    reading=lazy("Read one day"),
    seen={
        "mood": SeenWords(mood_by_day, lambda days: _("No entry with mood in these %(days)s days.", days=days)),
        "anxiety": SeenWords(
            anxiety_by_day, lambda days: _("No entry with anxiety in these %(days)s days.", days=days)
        ),
    },
    gaps=lambda days: ngettext("One day has none.", "%(num)s days have none.", days),
    later=lambda days: ngettext(
        "On one day something was noted later.", "On %(num)s days something was noted later.", days
    ),
)
WEEKS = UnitWords(
    row=full_day,
    tick=brief_month,
    header=lazy("Week from"),
    reading=lazy("Read one week"),
    seen={
        "mood": SeenWords(mood_by_week, lambda weeks: _("No entry with mood in these %(weeks)s weeks.", weeks=weeks)),
        "anxiety": SeenWords(
            anxiety_by_week, lambda weeks: _("No entry with anxiety in these %(weeks)s weeks.", weeks=weeks)
        ),
    },
    gaps=lambda weeks: ngettext("One week has none.", "%(num)s weeks have none.", weeks),
    later=lambda weeks: ngettext(
        "In one week something was noted later.", "In %(num)s weeks something was noted later.", weeks
    ),
    means=lazy("So long a time is drawn by week: a point is the mean of the days in that week."),
)
UNITS = {"day": DAYS, "week": WEEKS}


def marked_words(days: Mapping[str, Sequence[date]]) -> str:
    """Say on how many days there was what is marked, and when the last; `days` by what happened, oldest first."""
    doses, sessions = days["dose"], days["session"]
    said = []
    if doses:
        said.append(
            ngettext(
                "A dose is marked on %(day)s.",
                "Doses are marked on %(num)s days, the last on %(day)s.",
                len(doses),
                day=full_day(doses[-1]),
            )
        )
    if sessions:
        said.append(
            ngettext(
                "A session is marked on %(day)s.",
                "Sessions are marked on %(num)s days, the last on %(day)s.",
                len(sessions),
                day=full_day(sessions[-1]),
            )
        )
    if raised := days["raised"]:
        said.append(
            ngettext(
                "Raised energy after a short night is marked on %(day)s.",
                "Raised energy after short nights is marked on %(num)s days, the last on %(day)s.",
                len(raised),
                day=full_day(raised[-1]),
            )
        )
    return " ".join(said)


def happened_words(kinds: Sequence[str]) -> str:
    """Say what is marked on one row of the table: a day, or a week of several."""
    doses, sessions = kinds.count("dose"), kinds.count("session")
    said = [ngettext("a dose", "%(num)s doses", doses)] if doses else []
    said += [ngettext("a session", "%(num)s sessions", sessions)] if sessions else []
    if raised := kinds.count("raised"):
        said.append(ngettext("raised energy", "raised energy on %(num)s days", raised))
    return ", ".join(said)


def sparkline_words(values: Sequence[float | None], doses: Sequence[date]) -> str:
    """Say the range of a client's shared moods, and the doses among those days."""
    seen = [value for value in values if value is not None]
    said = _("No shared mood in the last %(days)s days", days=len(values))
    if seen:
        said = _(
            "Mood between %(lowest)s and %(highest)s on %(seen)s of the last %(days)s days",
            lowest=signed(min(seen)),
            highest=signed(max(seen)),
            seen=len(seen),
            days=len(values),
        )
    if not doses:
        return said
    last = ngettext("a dose on %(day)s", "%(num)s doses, the last on %(day)s", len(doses), day=day(doses[-1]))
    return f"{said}; {last}"
