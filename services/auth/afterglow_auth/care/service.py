"""What happens between clients and therapists."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from afterglow_foundation import jobs
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.errors import Conflict, Refusal
from afterglow_foundation.identifiers import new_id
from sqlalchemy import Select, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import Verb, record
from afterglow_auth.care.letters import CARE_CHANGED
from afterglow_auth.care.models import CareRelationship
from afterglow_auth.care.schemas import CareIn
from afterglow_auth.covers import service as covers
from afterglow_auth.events import outbox
from afterglow_auth.mail.sending import send_later
from afterglow_auth.problems import AlreadyAssigned, OwnAccount, UnfitPair, UnfitTimes

END_CARE = "end_care"
A_MOMENT = timedelta(seconds=5)  # a job's wait is counted by the database's clock, `ends_at` by ours
A_WHILE = timedelta(minutes=5)  # between choosing "now" and sending it


class Period(NamedTuple):
    """From when, and until when; None for now, and for no end."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None


ALWAYS = Period()


async def assign(
    session: AsyncSession,
    client_id: UUID,
    therapist_id: UUID,
    *,
    started_at: datetime | None = None,
    caller: Caller | None = None,
) -> CareRelationship:
    """Let a therapist treat a client, and tell both; where they already do, that relationship is returned.

    `started_at` is for care that began elsewhere: nobody is told of that.

    Raises UnfitPair when the two are not a client and a therapist with live accounts, OwnAccount when the caller
    assigns themselves.
    """
    await begin(session, new_id(), client_id, therapist_id, started_at=started_at, caller=caller)
    return (await session.scalars(live_pair(client_id, therapist_id))).one()


async def assign_as(session: AsyncSession, relationship_id: UUID, wanted: CareIn, *, caller: Caller) -> bool:
    """The same under an id of the caller's choice, and between times; False when this very wish was met before.

    Raises Conflict for another wish under this id, AlreadyAssigned where another relationship of the pair is live,
    UnfitTimes for times that are over or the wrong way round.
    """
    refusal = Refusal(Verb.care_assigned, relationship_id, wanted.client_id)
    if await is_repeat(session, relationship_id, wanted, refusal):
        return False
    period = Period(wanted.starts_at, wanted.ends_at)
    check_times(period, refusal)
    if await begin(session, relationship_id, wanted.client_id, wanted.therapist_id, period=period, caller=caller):
        return True
    if await is_repeat(session, relationship_id, wanted, refusal):
        return False  # sent twice at once, and the other one was first
    raise AlreadyAssigned(refusal=refusal)


async def is_repeat(session: AsyncSession, relationship_id: UUID, wanted: CareIn, refusal: Refusal) -> bool:
    asked = select(CareRelationship).where(col(CareRelationship.id) == relationship_id)
    found = await session.scalar(asked.execution_options(populate_existing=True))
    if found is None:
        return False
    same = (found.client_id, found.therapist_id, found.ends_at) == (
        wanted.client_id,
        wanted.therapist_id,
        wanted.ends_at,
    )
    if not same or wanted.starts_at not in {None, found.started_at}:
        raise Conflict(refusal=refusal)
    return True


def check_times(period: Period, refusal: Refusal) -> None:
    now = datetime.now(UTC)
    if period.starts_at and period.starts_at < now - A_WHILE:
        raise UnfitTimes("starts_at", refusal)
    if period.ends_at and period.ends_at <= (period.starts_at or now):
        raise UnfitTimes("ends_at", refusal)


async def begin(
    session: AsyncSession,
    relationship_id: UUID,
    client_id: UUID,
    therapist_id: UUID,
    *,
    started_at: datetime | None = None,
    period: Period = ALWAYS,
    caller: Caller | None = None,
) -> bool:
    """Begin a relationship; False where the pair has a live one, or the id was taken."""
    refusal = Refusal(Verb.care_assigned, relationship_id, client_id)
    if caller is not None and caller.id in {client_id, therapist_id}:
        raise OwnAccount("Nobody assigns themselves.", refusal=refusal)
    await check_roles(session, client_id, therapist_id, refusal)
    values = {
        "id": relationship_id,
        "client_id": client_id,
        "therapist_id": therapist_id,
        "kind": "treating",
        "started_at": started_at or period.starts_at or datetime.now(UTC),
        "ends_at": period.ends_at,
    }
    made = await session.scalar(
        insert(CareRelationship).values(**values).on_conflict_do_nothing().returning(CareRelationship)
    )
    if made:
        await record(session, Verb.care_assigned, caller, object_id=made.id, subject_id=client_id)
        await outbox.care_changed(session, made)
        await covers.care_began(session, made)
        if period.ends_at:
            wait = period.ends_at - datetime.now(UTC) + A_MOMENT
            await jobs.enqueue(session, END_CARE, {"care": str(made.id)}, after=wait)
        if started_at is None:  # one that began earlier is taken over from elsewhere, and no news
            await tell(session, made)
    return made is not None


def live_pair(client_id: UUID, therapist_id: UUID) -> Select[CareRelationship]:
    return select(CareRelationship).where(
        col(CareRelationship.client_id) == client_id,
        col(CareRelationship.therapist_id) == therapist_id,
        col(CareRelationship.ended_at).is_(None),
    )


async def check_roles(session: AsyncSession, client_id: UUID, therapist_id: UUID, refusal: Refusal) -> None:
    asked = select(col(Person.id), col(Person.role)).where(
        col(Person.id).in_([client_id, therapist_id]), col(Person.disabled_at).is_(None)
    )
    roles = {row.id: row.role for row in await session.execute(asked)}
    wrong = {
        field: f"This is no {role} with a live account."
        for field, person, role in (
            ("client_id", client_id, Role.client),
            ("therapist_id", therapist_id, Role.therapist),
        )
        if roles.get(person) != role
    }
    if wrong:
        raise UnfitPair(wrong, refusal)


async def end(session: AsyncSession, relationship_id: UUID, *, caller: Caller | None = None) -> None:
    """End a relationship now, and tell both; one that has ended stays as it was."""
    ended = await session.scalar(
        update(CareRelationship)
        .where(col(CareRelationship.id) == relationship_id, col(CareRelationship.ended_at).is_(None))
        .values(ended_at=datetime.now(UTC))
        .returning(CareRelationship)
    )
    if ended:
        await record(session, Verb.care_ended, caller, object_id=relationship_id, subject_id=ended.client_id)
        await outbox.care_changed(session, ended)
        await covers.care_ended(session, ended)
        await tell(session, ended)


async def tell(session: AsyncSession, care: CareRelationship) -> None:
    """Let client and therapist know at once: nobody else has to agree."""
    for person in (care.client_id, care.therapist_id):
        await send_later(session, CARE_CHANGED, to=person, about=care.id)
