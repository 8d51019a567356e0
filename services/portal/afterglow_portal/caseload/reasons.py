"""Why somebody needs attention: each from what is shared or planned, none of them a judgement (decision 0038)."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta
from math import dist, sqrt
from statistics import fmean

from afterglow_portal.caseload.schemas import Reason, ReasonKind
from afterglow_portal.course.schemas import State
from afterglow_portal.raised_energy.rule import worth_asking
from afterglow_portal.times import local_date

AFTER_DOSE = timedelta(days=4)  # DOMAIN §6: the days in which tasks and prompts follow a dose
# Whatever date it is in UTC at these times after a dose, all of that date lies in the four days in every zone.
SURELY_WITHIN = (timedelta(hours=38), timedelta(hours=60))
SILENCE_TOLD = timedelta(days=14)
DAY = timedelta(days=1)
SURELY_LATER = timedelta(days=3)  # than tomorrow, whatever the clocks do
FEWEST_DAYS, LATEST = 7, 3
SMALLEST_DROP, DEVIATIONS, SMALLEST_DEVIATION = 2.0, 2.0, 0.5
ROUNDING = 1e-9


def session_reason(planned_at: datetime, state: str | None, now: datetime, zone: str) -> Iterator[Reason]:
    """Open now, today or tomorrow, by the clock of the desk."""
    if state == State.open:
        yield Reason(kind=ReasonKind.session_open, at=planned_at)
        return
    if planned_at - now > SURELY_LATER:
        return
    days = (local_date(planned_at, zone) - local_date(now, zone)).days
    kinds = {0: ReasonKind.session_today, 1: ReasonKind.session_tomorrow}
    if days in kinds:
        yield Reason(kind=kinds[days], at=planned_at)


def mood_drop(noted: Mapping[int, float], today: date) -> Iterator[Reason]:
    """The latest noted day, of the last three, is far below the days before it. `noted` are means by days ago."""
    latest = min(noted, default=LATEST)
    if len(noted) <= FEWEST_DAYS or latest >= LATEST:
        return
    mood = noted[latest]
    if (sum(noted.values()) - mood) / (len(noted) - 1) < mood + SMALLEST_DROP - ROUNDING:
        return  # as with most, for whom nothing else is counted then
    before = [one for ago, one in noted.items() if ago != latest]
    usual = fmean(before)
    deviation = dist(before, [usual] * len(before)) / sqrt(len(before) - 1)  # stdev() counts in fractions
    if usual - mood >= max(SMALLEST_DROP, DEVIATIONS * max(deviation, SMALLEST_DEVIATION)):
        day = today - DAY * latest
        yield Reason(kind=ReasonKind.mood_drop, mood=round(mood, 1), usual=round(usual, 1), day=day)


def raised_energy(raised: Collection[date], today: date) -> Iterator[Reason]:
    """High energy after short nights, for whom the therapist watches (decision 0073)."""
    if days := worth_asking(raised, today):
        yield Reason(kind=ReasonKind.raised_energy, day=days[0], number=len(days))


def dose_reason(zero: datetime, now: datetime, zone: str, *, silent: bool) -> Iterator[Reason]:
    """In the four days after a dose, or none of them shared. `zero` is hour 0 of the latest dose."""
    if now - zero < AFTER_DOSE:
        day = local_date(zero, zone)
        yield Reason(kind=ReasonKind.after_dose, day=day, number=(local_date(now, zone) - day).days)
    elif silent:
        yield Reason(kind=ReasonKind.silent_after_dose, day=local_date(zero, zone))


def may_be_silent(zero: datetime, now: datetime, ago: Collection[int]) -> bool:
    """The four days are over, not for so long that it says nothing any more, and none of the entries surely is theirs.

    `ago` are the entries' local dates, as days before that of `now` in UTC.
    """
    if not AFTER_DOSE <= now - zero < SILENCE_TOLD:
        return False
    return not any((now.date() - (zero + hours).date()).days in ago for hours in SURELY_WITHIN)
