"""What happens to cover: it is arranged and ended, and follows the care that it is for."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.errors import Conflict, Refusal
from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import Verb, record
from afterglow_auth.care.letters import CARE_CHANGED
from afterglow_auth.care.models import CareRelationship
from afterglow_auth.covers.models import Cover, Grant
from afterglow_auth.covers.schemas import CoverIn
from afterglow_auth.events import outbox
from afterglow_auth.mail.sending import send_each_later
from afterglow_auth.problems import OwnAccount, UnfitPair, UnfitTimes

THERAPIST = "This is no therapist with a live account."
CLIENT = "This client is not in their care."


async def arrange(session: AsyncSession, cover_id: UUID, wanted: CoverIn, caller: Caller, *, own: bool = False) -> bool:
    """Let one therapist stand in for another, and tell everybody; False when this very wish was met before.

    `own`: whoever is to be away asks for it. Raises OwnAccount for anybody else who is in it, UnfitPair, UnfitTimes,
    and Conflict for another wish under this id.
    """
    refusal = Refusal(Verb.cover_arranged, cover_id, wanted.client_id)
    if await is_repeat(session, cover_id, wanted, refusal):
        return False
    if not own and caller.id in {wanted.therapist_id, wanted.covering_id, wanted.client_id}:
        raise OwnAccount(refusal=refusal)
    now = datetime.now(UTC)
    starts_at = wanted.starts_at or now
    if not starts_at < wanted.ends_at or wanted.ends_at <= now:
        raise UnfitTimes("ends_at", refusal)
    clients = await clients_of(session, wanted, refusal)
    values = {"id": cover_id, **wanted.model_dump(), "starts_at": starts_at}
    values |= {"asked_by": caller.person, "created_at": now}
    made = await session.scalar(insert(Cover).values(**values).on_conflict_do_nothing().returning(Cover))
    if made is None:  # sent twice at once
        return not await is_repeat(session, cover_id, wanted, refusal)
    await give(session, made, clients)
    await record(session, Verb.cover_arranged, caller, object_id=cover_id, subject_id=wanted.client_id)
    await tell(session, made, clients)
    return True


async def is_repeat(session: AsyncSession, cover_id: UUID, wanted: CoverIn, refusal: Refusal) -> bool:
    found = await session.get(Cover, cover_id, populate_existing=True)
    said = wanted.model_dump(exclude={"starts_at"} if wanted.starts_at is None else set())
    if found and any(getattr(found, name) != value for name, value in said.items()):
        raise Conflict(refusal=refusal)
    return found is not None


async def clients_of(session: AsyncSession, wanted: CoverIn, refusal: Refusal) -> list[UUID]:
    """For whom it is: whoever is in the therapist's care now. Raises UnfitPair."""
    live = select(col(Person.id)).where(
        col(Person.id).in_([wanted.therapist_id, wanted.covering_id]),
        col(Person.role) == Role.therapist,
        col(Person.disabled_at).is_(None),
    )
    therapists = set(await session.scalars(live))
    wrong = {field: THERAPIST for field in ("therapist_id", "covering_id") if getattr(wanted, field) not in therapists}
    if wanted.therapist_id == wanted.covering_id:
        wrong["covering_id"] = "Somebody else has to stand in."
    asked = select(col(CareRelationship.client_id)).where(
        col(CareRelationship.therapist_id) == wanted.therapist_id, col(CareRelationship.ended_at).is_(None)
    )
    clients = list(await session.scalars(asked))
    if wanted.client_id and wanted.client_id not in clients:
        wrong["client_id"] = CLIENT
    if wrong:
        raise UnfitPair(wrong, refusal)
    return [wanted.client_id] if wanted.client_id else clients


async def give(session: AsyncSession, cover: Cover, clients: Iterable[UUID]) -> None:
    """One grant for each client, told to the other services."""
    grants = [
        Grant(
            cover_id=cover.id,
            client_id=client,
            therapist_id=cover.covering_id,
            covered_id=cover.therapist_id,
            starts_at=cover.starts_at,
            ends_at=cover.ends_at,
        )
        for client in clients
    ]
    session.add_all(grants)
    await session.flush()
    await outbox.grants_changed(session, grants)


async def end(session: AsyncSession, cover_id: UUID, caller: Caller) -> None:
    """End it now, and tell everybody; one that has ended stays as it was."""
    now = datetime.now(UTC)
    ending = update(Cover).where(col(Cover.id) == cover_id, col(Cover.ended_at).is_(None), col(Cover.ends_at) > now)
    ended = await session.scalar(ending.values(ended_at=now).returning(Cover))
    if ended:
        clients = await take_back(session, col(Grant.cover_id) == cover_id)
        await record(session, Verb.cover_ended, caller, object_id=cover_id, subject_id=ended.client_id)
        await tell(session, ended, clients)


async def take_back(session: AsyncSession, *these: ColumnElement[bool]) -> list[UUID]:
    """End grants that go on or are still to come; answers whose clients' they were."""
    lasting = update(Grant).where(*these, col(Grant.ends_at) > func.now())
    values = {"ends_at": func.greatest(col(Grant.starts_at), func.now())}
    grants = list(await session.scalars(lasting.values(**values).returning(Grant)))
    await outbox.grants_changed(session, grants)
    return [grant.client_id for grant in grants]


async def care_began(session: AsyncSession, care: CareRelationship) -> None:
    """A client who comes while the therapist is away, or is to be, is covered for too."""
    now = datetime.now(UTC)
    asked = select(Cover).where(
        col(Cover.therapist_id) == care.therapist_id,
        col(Cover.client_id).is_(None),
        col(Cover.ended_at).is_(None),
        col(Cover.ends_at) > now,
    )
    for cover in (await session.scalars(asked)).all():
        await give(session, cover, [care.client_id])


async def care_ended(session: AsyncSession, care: CareRelationship) -> None:
    """Nobody stands in any more for whoever treats this client no longer."""
    theirs = select(col(Cover.id)).where(col(Cover.therapist_id) == care.therapist_id)
    await take_back(session, col(Grant.client_id) == care.client_id, col(Grant.cover_id).in_(theirs))


async def concerns(session: AsyncSession, person_id: UUID) -> bool:
    """Whether somebody is covered for, or covers, now or later."""
    theirs = or_(col(Cover.therapist_id) == person_id, col(Cover.covering_id) == person_id)
    lasting = col(Cover.ended_at).is_(None) & (col(Cover.ends_at) > datetime.now(UTC))
    return bool(await session.scalar(select(exists().where(theirs, lasting))))


async def tell(session: AsyncSession, cover: Cover, clients: Sequence[UUID]) -> None:
    """Clients and both therapists know at once: nobody else has to agree."""
    people = dict.fromkeys([cover.therapist_id, cover.covering_id, *clients])
    await send_each_later(session, CARE_CHANGED, [(person, cover.id) for person in people])
