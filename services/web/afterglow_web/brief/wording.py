"""The lines of a brief: each says what was counted, and none of them what it means."""

from collections.abc import Callable

from afterglow_design.dates import day, full_day, number, short_day, signed
from afterglow_design.languages import _, ngettext

from afterglow_web.brief.records import (
    Brief,
    Gap,
    ItemChange,
    LatestDose,
    RaisedDay,
    SharedCheckIns,
    SharedEntry,
    Side,
)
from afterglow_web.dose_curve.wording import item_name
from afterglow_web.journal.wording import phase_words
from afterglow_web.wording import local_day

TWO_SIDED = {"mood", "energy"}


def since_words(brief: Brief) -> str:
    """From when on the brief tells."""
    begin = full_day(local_day(brief.since, brief.time_zone))
    if brief.last_session is None:
        return _("No session has taken place yet, so this tells of the days since %(day)s.", day=begin)
    if brief.since > brief.last_session.opened_at:
        return _("The last session lies farther back; this tells of the days since %(day)s.", day=begin)
    return ""


def value_words(item: str, side: Side | None) -> str:
    """A mean, and of how many days it is."""
    if side is None:
        return _("nothing shared")
    mean = (signed if item in TWO_SIDED else number)(side.mean)
    return ngettext("%(mean)s on one day", "%(mean)s on %(num)s days", side.days, mean=mean)


def change_words(one: ItemChange) -> str:
    """By how much; nothing is said of fewer than three days on either side."""
    return signed(one.change) if one.change is not None else _("too few days")


def check_ins_words(shared: SharedCheckIns) -> str:
    said = [ngettext("One check-in shared", "%(num)s check-ins shared", shared.total)]
    said += [ngettext("one with a note", "%(num)s with a note", shared.with_note)] if shared.with_note else []
    said += [ngettext("one not opened yet", "%(num)s not opened yet", shared.unopened)] if shared.unopened else []
    return ", ".join(said)


def entry_words(entry: SharedEntry) -> str:
    when = short_day(entry.local_date)
    if entry.phase is None:
        return _("Journal entry of %(day)s", day=when)
    return _("Journal entry of %(day)s (%(phase)s)", day=when, phase=phase_words(entry.phase))


def more_entries_words(brief: Brief) -> str:
    left = brief.entries.total - len(brief.entries.items)
    return ngettext("One more shared journal entry", "%(num)s more shared journal entries", left) if left > 0 else ""


def gap_words(gap: Gap) -> str:
    return _("Nothing shared from %(first)s to %(last)s", first=short_day(gap.first), last=short_day(gap.last))


def raised_day_words(raised: RaisedDay) -> str:
    return ngettext(
        "%(day)s: energy %(energy)s after one hour of sleep",
        "%(day)s: energy %(energy)s after %(hours)s hours of sleep",
        1 if raised.sleep_hours == 1 else 2,
        day=short_day(raised.date),
        energy=signed(raised.energy),
        hours=number(raised.sleep_hours),
    )


def dose_words_since(dose: LatestDose, zone: str) -> str:
    """Where the client is after their latest dose."""
    when = day(local_day(dose.at, zone))
    if dose.days == 0:
        return _("A dose today")
    said = ngettext("One day after the dose of %(day)s", "%(num)s days after the dose of %(day)s", dose.days, day=when)
    return _("%(said)s, within the four days", said=said) if dose.in_window else said


FILTERS: dict[str, Callable[..., object]] = {
    "change_words": change_words,
    "check_ins_words": check_ins_words,
    "dose_words_since": dose_words_since,
    "entry_words": entry_words,
    "gap_words": gap_words,
    "item_name": item_name,
    "more_entries_words": more_entries_words,
    "raised_day_words": raised_day_words,
    "since_words": since_words,
    "value_words": value_words,
}
