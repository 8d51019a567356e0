"""How a client stands in a caseload: the days, the session ahead, and why they need attention."""

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from afterglow_portal.caseload import reasons
from afterglow_portal.caseload.facts import Facts
from afterglow_portal.caseload.schemas import Reason, ReasonKind

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
    noted, entries = facts.days.thirty((today - now.date()).days)
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
