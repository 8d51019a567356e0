"""How a client stands in a caseload: the days, the session ahead, and why they need attention."""

from collections.abc import Collection
from datetime import date, datetime
from statistics import fmean
from typing import NamedTuple, cast

from afterglow_portal.caseload import reasons
from afterglow_portal.caseload.facts import DAYS, Facts
from afterglow_portal.caseload.schemas import Reason, ReasonKind

FARTHEST = 5  # days by which the date of an entry that was found may lie beside the thirty, whatever the zones
OUTSIDE = [*range(-FARTHEST, 0), *range(DAYS, DAYS + FARTHEST)]
ORDER = {kind: number for number, kind in enumerate(ReasonKind)}


class Standing(NamedTuple):
    """One client. `noted` are the means of noted days of the last thirty, by days before `today`, the client's own.

    `entries` is how many entries the thirty days hold, with or without a mood.
    """

    facts: Facts
    today: date
    noted: dict[int, float]
    entries: int
    reasons: list[Reason]


def standing_of(
    facts: Facts, now: datetime, today: date, zero: datetime | None, *, silent: bool, raised: Collection[date] = ()
) -> Standing:
    """`today` is the client's own, `zero` hour 0 of their latest dose, `silent` whether nothing was shared after it.

    `raised` are the days of raised energy, of whom that is watched for.
    """
    noted, entries = by_day(facts, (today - now.date()).days)
    why: list[Reason] = []
    if facts.planned_at is not None:
        why += reasons.session_reason(facts.planned_at, facts.state, now, facts.desk_zone)
    why += reasons.mood_drop(noted, today)
    if raised:
        why += reasons.raised_energy(raised, today)
    if zero is not None:
        why += reasons.dose_reason(zero, now, facts.time_zone, silent=silent)
    if facts.pinned_lines:
        why.append(Reason(ReasonKind.pinned_lines, number=facts.pinned_lines))
    if facts.unopened_entries:
        why.append(Reason(ReasonKind.unopened_entries, number=facts.unopened_entries))
    if facts.reading_ends_at is not None:
        why.append(Reason(ReasonKind.reading_ends, at=facts.reading_ends_at))
    if len(why) > 1:
        why.sort(key=by_order)
    return Standing(facts, today, noted, entries, why)


def by_order(one: Reason) -> int:
    return ORDER[one.kind]


def by_day(facts: Facts, ahead: int) -> tuple[dict[int, float], int]:
    """Mean mood of each noted day of the last thirty, by how many days ago, and how many entries those days hold.

    `ahead` is by how many days the client's calendar is before that of UTC.
    """
    days = [ago + ahead for ago in facts.ago] if ahead else facts.ago
    each = dict(zip(days, facts.moods, strict=True))
    if len(each) == len(days) and None not in facts.moods:  # one entry a day, as with most: nothing to be sorted out
        for day in OUTSIDE:
            each.pop(day, None)
        return cast("dict[int, float]", each), len(each)
    within = [one for one in zip(days, facts.moods, strict=True) if 0 <= one[0] < DAYS]
    return means([(ago, mood) for ago, mood in within if mood is not None]), len(within)


def means(noted: list[tuple[int, float]]) -> dict[int, float]:
    moods: dict[int, list[float]] = {}
    for ago, mood in noted:
        moods.setdefault(ago, []).append(mood)
    return {ago: fmean(each) for ago, each in moods.items()}
