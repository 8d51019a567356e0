"""A caseload from its facts to its rows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_portal.caseload import reasons
from afterglow_portal.caseload.days import DAYS
from afterglow_portal.caseload.facts import Facts, find_facts, latest_of, silent_since
from afterglow_portal.caseload.kept import KeptDays
from afterglow_portal.caseload.order import decode, encode, place_of
from afterglow_portal.caseload.schemas import (
    Caseload,
    CaseloadClient,
    CaseloadRow,
    LatestCheckIn,
    ReasonKind,
    SessionAhead,
    Show,
    Sparkline,
)
from afterglow_portal.caseload.standing import Standing, standing_of
from afterglow_portal.curve.doses import hours_zero
from afterglow_portal.raised_energy.reading import raised_days
from afterglow_portal.raised_energy.rule import TOLD
from afterglow_portal.times import local_date

DECIMALS = 2
SOON = timedelta(days=7)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which clients, and which part of their list: at most `limit`, after the cursor's word."""

    q: str
    show: Show
    limit: int
    after: str | None


async def caseload_of(session: AsyncSession, caller: UUID, asked: Asked, kept: KeptDays) -> Caseload:
    """The calling therapist's clients, who needs attention first. Raises InvalidInput for a cursor that is none.

    Everybody's standing is looked at, and a row made of those alone that are asked for.
    """
    now = datetime.now(UTC)
    behind = decode(asked.after) if asked.after else None
    everybody = await standings(session, await find_facts(session, caller, asked.q, now, kept), now)
    shown = sorted((place_of(one), one) for one in everybody if WANTED[asked.show](one, now))
    left = [one for place, one in shown if behind is None or place > behind]
    page = left[: asked.limit]
    latest = await latest_of(session, [one.facts.id for one in page])
    return Caseload(
        items=[row_of(one, latest.get(one.facts.id)) for one in page],
        counts={show: sum(wanted(one, now) for one in everybody) for show, wanted in WANTED.items()},
        next=encode(place_of(page[-1])) if len(left) > len(page) else None,
    )


async def standings(session: AsyncSession, facts: list[Facts], now: datetime) -> list[Standing]:
    lately = [one for one in facts if one.doses and now - one.doses[-1] < reasons.SILENCE_TOLD]
    zeros = {one.id: hours_zero(one.doses)[-1] for one in lately}
    asked = {one.id: zeros[one.id] for one in lately if reasons.may_be_silent(zeros[one.id], now, one.days.ago)}
    silent = await silent_since(session, asked, reasons.AFTER_DOSE)
    watched = [one.id for one in facts if one.energy_watched]
    raised = await raised_days(session, watched, now.date() - TOLD - DAY)
    days = {client: [one.date for one in some] for client, some in raised.items()}
    today = {zone: local_date(now, zone) for zone in {one.time_zone for one in facts}}
    return [
        standing_of(
            one, now, today[one.time_zone], zeros.get(one.id), silent=one.id in silent, raised=days.get(one.id, ())
        )
        for one in facts
    ]


WANTED: dict[Show, Callable[[Standing, datetime], bool]] = {
    Show.all: lambda _one, _now: True,
    Show.attention: lambda one, _now: bool(one.reasons),
    Show.after_dose: lambda one, _now: any(reason.kind == ReasonKind.after_dose for reason in one.reasons),
    Show.session_soon: lambda one, now: one.facts.planned_at is not None and one.facts.planned_at - now < SOON,
}


def row_of(one: Standing, latest: Row[Any] | None) -> CaseloadRow:
    facts = one.facts
    return CaseloadRow(
        client=CaseloadClient(id=facts.id, name=facts.name),
        reasons=one.reasons,
        latest=None if latest is None else LatestCheckIn.model_validate(latest, from_attributes=True),
        sparkline=sparkline(one),
        check_ins_30_days=one.entries,
        next_session=session_ahead(facts),
        since=facts.since,
        reading_ends_at=facts.reading_ends_at,
    )


def sparkline(one: Standing) -> Sparkline:
    """The thirty days up to the client's today."""
    first = one.today - timedelta(days=DAYS - 1)
    moods = [None if (mood := one.noted.get(ago)) is None else round(mood, DECIMALS) for ago in reversed(range(DAYS))]
    doses = sorted({local_date(at, one.facts.time_zone) for at in one.facts.doses})
    return Sparkline.model_validate({"from": first, "moods": moods, "doses": [day for day in doses if day >= first]})


def session_ahead(facts: Facts) -> SessionAhead | None:
    if facts.session_id is None:
        return None
    values = {name: getattr(facts, name) for name in ("kind", "state", "planned_at")}
    return SessionAhead.model_validate({"id": facts.session_id, "time_zone": facts.session_zone, **values})
