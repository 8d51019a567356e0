"""A brief, from its rows to its answer."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.sealing import DataKeyStore
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_portal.agenda.service import agenda_of
from afterglow_portal.brief import reading
from afterglow_portal.brief.changes import changes
from afterglow_portal.brief.gaps import gaps
from afterglow_portal.brief.schemas import Brief, DoseSince, LastSession, LatestDose, PinnedLineOut
from afterglow_portal.caseload.reasons import AFTER_DOSE
from afterglow_portal.checkins.curve import draw
from afterglow_portal.course.models import Administration
from afterglow_portal.curve.doses import hours_zero
from afterglow_portal.long_term.service import asked_last, next_due
from afterglow_portal.people.models import PersonCopy
from afterglow_portal.people.schemas import Named
from afterglow_portal.raised_energy.reading import raised_lately
from afterglow_portal.tasks.reading import done_since
from afterglow_portal.times import local_date

WITHOUT_SESSION = timedelta(days=30)
FARTHEST_BACK = timedelta(days=90)
SHORTEST_BEFORE, LONGEST_BEFORE = timedelta(days=7), timedelta(days=28)
SHORTEST_CURVE, LONGEST_CURVE = 14, 120


async def brief_of(session: AsyncSession, keys: DataKeyStore, caller: Caller, client: UUID, now: datetime) -> Brief:
    """What changed for a client in care since their last session, and what they want to speak about.

    The pinned lines are read by this: each reading is stored before it is shown.
    """
    person = await session.get_one(PersonCopy, client)
    last = await reading.last_session(session, client)
    since = since_when(last, now)
    before = min(max(now - since, SHORTEST_BEFORE), LONGEST_BEFORE)
    first, today = local_date(since, person.time_zone), local_date(now, person.time_zone)
    agenda = await agenda_of(session, keys, caller, client)
    noted = await reading.noted_since(session, caller, client, since - before)
    given = await reading.latest_doses(session, client)
    days_drawn = min(max((today - first).days + before.days, SHORTEST_CURVE), LONGEST_CURVE)
    shared = await reading.shared_days(session, caller, client, first)
    ahead = await reading.next_session(session, client, now)
    asked = await asked_last(session, client)
    due = next_due((one.given_at for one in given), asked, person.time_zone)
    return Brief(
        client=Named(id=client, name=person.name),
        time_zone=person.time_zone,
        since=since,
        last_session=last,
        next_session=ahead,
        curve=await draw(session, caller, client, days_drawn),
        items=list(changes(noted, since)),
        check_ins=await reading.check_ins_since(session, caller, client, since),
        entries=await reading.entries_since(session, caller, client, since),
        lines=[PinnedLineOut.model_validate(line, from_attributes=True) for line in agenda.items],
        doses=[DoseSince.model_validate(one, from_attributes=True) for one in given if one.given_at >= since],
        latest_dose=latest_dose(given, now, person.time_zone),
        gaps=list(gaps(shared, first, today)),
        raised_energy=await raised_lately(session, client, today),
        tasks=await done_since(session, client, first),
        readiness=await reading.readiness_ahead(session, client, ahead),
        long_term_due_on=due if due and due <= today else None,
    )


def since_when(last: LastSession | None, now: datetime) -> datetime:
    """The beginning of the last session; what lies farther back than a brief can tell is left to the other pages."""
    if last is None:
        return now - WITHOUT_SESSION
    return max(last.opened_at.astimezone(UTC), now - FARTHEST_BACK)


def latest_dose(given: Sequence[Administration], now: datetime, time_zone: str) -> LatestDose | None:
    if not given:
        return None
    zero = hours_zero(one.given_at for one in given)[-1]
    days = (local_date(now, time_zone) - local_date(zero, time_zone)).days
    zone = next(one.time_zone for one in given if one.given_at == zero)
    return LatestDose(at=zero, time_zone=zone, days=days, in_window=now - zero < AFTER_DOSE)
