"""What a caseload says: why somebody needs attention, and when the next session is. No judgement, no advice."""

from collections.abc import Callable
from datetime import datetime

from afterglow_design.dates import clock, day, moment, short_day, signed
from afterglow_design.languages import LazyString, _, lazy, ngettext

from afterglow_web.therapist.records import Reason, Show
from afterglow_web.wording import local_day

SHOWN: dict[Show, LazyString] = {
    "all": lazy("Everybody"),
    "attention": lazy("Need attention"),
    "after_dose": lazy("After a dose"),
    "session_soon": lazy("Session within a week"),
}
Say = Callable[[Reason, str], str]


def session_today(reason: Reason, zone: str) -> str:
    return _("Session today, %(hour)s", hour=clock(reason.at, zone)) if reason.at else ""


def session_tomorrow(reason: Reason, zone: str) -> str:
    return _("Session tomorrow, %(hour)s", hour=clock(reason.at, zone)) if reason.at else ""


def mood_drop(reason: Reason, _zone: str) -> str:
    if reason.day is None:
        return ""
    values = {"mood": signed(reason.mood), "usual": signed(reason.usual)}
    return _("Mood %(mood)s on %(day)s; the mean of their other days is %(usual)s", **values, day=short_day(reason.day))


def raised_energy(reason: Reason, _zone: str) -> str:
    if reason.day is None:
        return ""
    return ngettext(
        "Raised energy after a short night on one day, %(day)s",
        "Raised energy after short nights on %(num)s days since %(day)s",
        reason.number or 0,
        day=short_day(reason.day),
    )


def silent_after_dose(reason: Reason, _zone: str) -> str:
    if reason.day is None:
        return ""
    return _("No check-in shared in the four days after the dose of %(day)s", day=day(reason.day))


def after_dose(reason: Reason, _zone: str) -> str:
    if not reason.number:
        return _("A dose today")
    return ngettext("One day after a dose", "%(num)s days after a dose", reason.number)


def pinned_lines(reason: Reason, _zone: str) -> str:
    number = reason.number or 0
    return ngettext("One line pinned for the next session", "%(num)s lines pinned for the next session", number)


def unopened_entries(reason: Reason, _zone: str) -> str:
    number = reason.number or 0
    return ngettext("A shared journal entry not opened yet", "%(num)s shared journal entries not opened yet", number)


def reading_ends(reason: Reason, zone: str) -> str:
    return _("You can read until %(day)s", day=day(local_day(reason.at, zone))) if reason.at else ""


SAY: dict[str, Say] = {
    "session_open": lambda _reason, _zone: _("A session is open now"),
    "session_today": session_today,
    "mood_drop": mood_drop,
    "raised_energy": raised_energy,
    "silent_after_dose": silent_after_dose,
    "after_dose": after_dose,
    "session_tomorrow": session_tomorrow,
    "pinned_lines": pinned_lines,
    "unopened_entries": unopened_entries,
    "reading_ends": reading_ends,
}


def reason_words(reason: Reason, zone: str) -> str:
    """Say it, or nothing of a kind that these words do not know yet."""
    return SAY[reason.kind](reason, zone) if reason.kind in SAY else ""


def when_words(at: datetime, now: datetime, zone: str) -> str:
    """Say when a session is, as `today, 14:00`, by the clock of whoever reads it."""
    days = (local_day(at, zone) - local_day(now, zone)).days
    if days == 0:
        return _("today, %(hour)s", hour=clock(at, zone))
    return _("tomorrow, %(hour)s", hour=clock(at, zone)) if days == 1 else moment(at, zone)


FILTERS: dict[str, Callable[..., object]] = {"reason_words": reason_words, "when_words": when_words}
