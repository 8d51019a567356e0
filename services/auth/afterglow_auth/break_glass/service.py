"""What happens in an emergency: a record is open for an hour or less, everybody is told, somebody else looks at it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.errors import Conflict, Forbidden, NotFound, Refusal
from afterglow_foundation.sealing import KeyProvider
from sqlalchemy import exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import find_by_email, lock
from afterglow_auth.audit import Verb, record
from afterglow_auth.break_glass.letters import RECORD_OPENED, REVIEW_WAITS
from afterglow_auth.break_glass.models import BreakGlassReview
from afterglow_auth.break_glass.policy import IS_BREAK_GLASS, ended_by
from afterglow_auth.break_glass.reading import REVIEW_WITHIN, sealed_as
from afterglow_auth.break_glass.schemas import BreakGlassIn, BreakGlassOut, ReviewIn
from afterglow_auth.care.models import CareRelationship
from afterglow_auth.covers.models import Grant
from afterglow_auth.events import outbox
from afterglow_auth.mail.sending import send_later
from afterglow_auth.problems import AlreadyAssigned, AlreadyOpen, OwnAct

LASTS = timedelta(hours=1)


async def open_record(session: AsyncSession, grant_id: UUID, wanted: BreakGlassIn, caller: Caller) -> bool:
    """Open a client's record for an hour and tell everybody; False when this very wish was met before.

    Raises NotFound for an address that is no live client's, AlreadyAssigned where the caller treats them anyway,
    AlreadyOpen where theirs is open already, and Conflict for another wish under this id.
    """
    await lock(session, caller.person)  # of two at once the second finds what the first has made
    client = await find_by_email(session, wanted.email)
    if client is None or client.role != Role.client or client.disabled_at:
        raise NotFound(refusal=Refusal(Verb.break_glass_opened, grant_id))
    refusal = Refusal(Verb.break_glass_opened, grant_id, client.id)
    if await is_repeat(session, grant_id, client.id, wanted, caller, refusal):
        return False
    if await is_treating(session, client.id, caller.person):
        raise AlreadyAssigned(refusal=refusal)
    now = datetime.now(UTC)
    if await is_open(session, client.id, caller.person, now):
        raise AlreadyOpen(refusal=refusal)
    grant = Grant(
        id=grant_id,
        kind="break_glass",
        cover_id=None,
        client_id=client.id,
        therapist_id=caller.person,
        reason_code=wanted.reason,
        starts_at=now,
        ends_at=now + LASTS,
    )
    session.add(grant)
    await session.flush()
    await outbox.grant_changed(session, grant)
    await record(
        session,
        Verb.break_glass_opened,
        caller,
        object_id=grant_id,
        subject_id=client.id,
        purpose=f"break_glass_{wanted.reason}",
    )
    await tell(session, grant)
    return True


async def is_repeat(  # noqa: PLR0917  # what makes two wishes the same
    session: AsyncSession, grant_id: UUID, client: UUID, wanted: BreakGlassIn, caller: Caller, refusal: Refusal
) -> bool:
    found = await session.get(Grant, grant_id, populate_existing=True)
    if found is None:
        return False
    same = ("break_glass", client, caller.person, wanted.reason)
    if (found.kind, found.client_id, found.therapist_id, found.reason_code) != same:
        raise Conflict(refusal=refusal)
    return True


async def is_treating(session: AsyncSession, client: UUID, therapist: UUID) -> bool:
    care = CareRelationship
    live = exists().where(
        col(care.client_id) == client, col(care.therapist_id) == therapist, col(care.ended_at).is_(None)
    )
    return bool(await session.scalar(select(live)))


async def is_open(session: AsyncSession, client: UUID, therapist: UUID, now: datetime) -> bool:
    lasting = exists().where(
        IS_BREAK_GLASS,
        col(Grant.client_id) == client,
        col(Grant.therapist_id) == therapist,
        col(Grant.ends_at) > now,
    )
    return bool(await session.scalar(select(lasting)))


async def end(session: AsyncSession, found: BreakGlassOut, caller: Caller) -> None:
    """End it now; one that has ended stays as it was.

    Raises Forbidden for whoever neither opened the record nor is an admin.
    """
    refusal = Refusal(Verb.break_glass_ended, found.id, found.client.id)
    if caller.role != Role.admin and found.therapist.id != caller.person:
        raise Forbidden(refusal=refusal)
    ending = update(Grant).where(col(Grant.id) == found.id, ended_by(caller))
    values = {"ends_at": func.greatest(col(Grant.starts_at), func.now()), "ended_by": caller.person}
    ended = await session.scalar(ending.values(**values).returning(Grant))
    if ended:
        await outbox.grant_changed(session, ended)
        await record(session, Verb.break_glass_ended, caller, object_id=found.id, subject_id=found.client.id)


async def tell(session: AsyncSession, grant: Grant) -> None:
    """Client, whoever treats them and every admin at once; the last two again tomorrow, unless it was reviewed."""
    reviewers = await reviewers_of(session, grant)
    for person in (grant.client_id, *reviewers):
        await send_later(session, RECORD_OPENED, to=person, about=grant.id)
    for person in reviewers:
        await send_later(session, REVIEW_WAITS, to=person, about=grant.id, after=REVIEW_WITHIN)


async def reviewers_of(session: AsyncSession, grant: Grant) -> Iterable[UUID]:
    care = CareRelationship
    treating = select(col(care.therapist_id)).where(
        col(care.client_id) == grant.client_id, col(care.ended_at).is_(None)
    )
    asked = select(col(Person.id)).where(
        (col(Person.role) == Role.admin) | col(Person.id).in_(treating),
        col(Person.disabled_at).is_(None),
        col(Person.id) != grant.therapist_id,
    )
    return (await session.scalars(asked.order_by(col(Person.id)))).all()


async def review(
    session: AsyncSession, sealed_with: KeyProvider, found: BreakGlassOut, wanted: ReviewIn, caller: Caller
) -> bool:
    """Keep that the caller looked at it, with what they found; False where somebody did so before.

    Raises OwnAct for whoever opened the record.
    """
    if found.therapist.id == caller.person:
        raise OwnAct(refusal=Refusal(Verb.break_glass_reviewed, found.id, found.client.id))
    values = {"grant_id": found.id, "reviewed_by": caller.person, "reviewed_at": datetime.now(UTC)}
    values |= {"outcome": wanted.outcome, "remark": None, "key_version": None}
    if wanted.remark:
        sealed = await sealed_with.wrap(wanted.remark.encode(), sealed_as(found.id))
        values |= {"remark": sealed.wrapped, "key_version": sealed.version}
    made = await session.scalar(
        insert(BreakGlassReview).values(**values).on_conflict_do_nothing().returning(col(BreakGlassReview.grant_id))
    )
    if made is None:
        return False
    await record(
        session,
        Verb.break_glass_reviewed,
        caller,
        object_id=found.id,
        subject_id=found.client.id,
        purpose=f"break_glass_{wanted.outcome}",
    )
    return True
