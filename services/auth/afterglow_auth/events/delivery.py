"""Deliveries: what a receiver has still to be told, and what it says it got."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from afterglow_foundation.security_events.events import PAYLOADS, SUPPORTED, EventType, StreamStatus
from afterglow_foundation.security_events.polling import SetError
from afterglow_foundation.security_events.streams import Standing
from afterglow_foundation.security_events.tokens import TYPE, Event, claims_of
from sqlalchemy import case, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.events.models import EventDelivery, EventReceiver, SecurityEvent
from afterglow_auth.events.outbox import REGISTERING
from afterglow_auth.oauth.signing_keys import Signer

FORGOTTEN_AFTER = timedelta(days=7)
REFUSED_KEPT_FOR = timedelta(days=30)


STANDING = (col(EventReceiver.status), col(EventReceiver.registered_at), col(EventReceiver.events_requested))


async def hear(session: AsyncSession, receiver: str) -> None:
    """Note that a receiver is there."""
    heard = update(EventReceiver).where(col(EventReceiver.client_id) == receiver).values(heard_at=func.now())
    await session.execute(heard)


async def standing(session: AsyncSession, receiver: str) -> Standing | None:
    """How its stream stands; None for a receiver that has none, and has to begin with a snapshot."""
    found = (await session.execute(select(*STANDING).where(col(EventReceiver.client_id) == receiver))).one_or_none()
    if found is None:
        return None
    everything = told(found.events_requested) == told(None)
    return Standing(StreamStatus(found.status), found.registered_at, everything=everything)


def told(requested: Collection[str] | None) -> set[str]:
    """The types of events that a stream tells which was asked for these; for None, everything."""
    supported = {str(one) for one in SUPPORTED}
    return supported if requested is None else supported & set(requested)


async def acknowledge(session: AsyncSession, receiver: str, ids: Collection[UUID]) -> None:
    """Settle what a receiver got. Its own deliveries only; what it acknowledged before stays as it was."""
    if not ids:
        return
    mine = update(EventDelivery).where(
        col(EventDelivery.receiver) == receiver,
        col(EventDelivery.event_id).in_(ids),
        col(EventDelivery.acknowledged_at).is_(None),
        col(EventDelivery.event_id) == col(SecurityEvent.id),
    )
    settled = await session.scalars(mine.values(acknowledged_at=func.now()).returning(col(SecurityEvent.type)))
    if EventType.verification in settled.all():
        stream = update(EventReceiver).where(col(EventReceiver.client_id) == receiver)
        await session.execute(stream.values(verified_at=func.now()))


async def give_up(session: AsyncSession, receiver: str) -> None:
    """Settle everything that a receiver has not: nothing of it will be told."""
    left = col(EventDelivery.receiver) == receiver, col(EventDelivery.acknowledged_at).is_(None)
    await session.execute(update(EventDelivery).where(*left).values(acknowledged_at=func.now()))


async def refuse(session: AsyncSession, receiver: str, errors: Mapping[UUID, SetError]) -> list[SetError]:
    """Settle what a receiver could not take and keep why; returns the errors that are new."""
    new = []
    for event_id, error in errors.items():
        mine = update(EventDelivery).where(
            col(EventDelivery.receiver) == receiver,
            col(EventDelivery.event_id) == event_id,
            col(EventDelivery.acknowledged_at).is_(None),
        )
        values = {"acknowledged_at": func.now(), "error_code": error.err, "error_description": error.description}
        if (await session.execute(mine.values(**values).returning(col(EventDelivery.event_id)))).first():
            new.append(error)
    return new


async def waiting(session: AsyncSession, receiver: str, limit: int) -> Sequence[SecurityEvent]:
    """What the receiver has not settled, oldest first, at most `limit`."""
    asked = (
        select(SecurityEvent)
        .join(EventDelivery, col(EventDelivery.event_id) == col(SecurityEvent.id))
        .where(col(EventDelivery.receiver) == receiver, col(EventDelivery.acknowledged_at).is_(None))
        .order_by(col(EventDelivery.event_id))
        .limit(limit)
    )
    return (await session.scalars(asked)).all()


def sign(signer: Signer, row: SecurityEvent, *, issuer: str, receiver: str) -> str:
    """The token that tells one event to one receiver. Signed anew at each delivery, and kept nowhere."""
    kind = EventType(row.type)
    payload = PAYLOADS[kind].model_validate(row.payload)
    event = Event(row.id, kind, row.subject_id, row.session_id, row.occurred_at, payload)
    return signer.sign(claims_of(event, issuer=issuer, receiver=receiver), TYPE)


async def forget_told(session: AsyncSession) -> None:
    """Delete what was told (what was refused stays a month, to be looked into) and receivers that are gone.

    A receiver that comes back after that is sent to begin with a snapshot. The lock keeps publishers from telling
    one that is just being forgotten.
    """
    await session.execute(REGISTERING)
    delivered, receiver = col(EventDelivery.acknowledged_at), col(EventReceiver.client_id)
    gone = select(receiver).where(col(EventReceiver.heard_at) < func.now() - FORGOTTEN_AFTER)
    kept_until = case((col(EventDelivery.error_code).is_(None), func.now()), else_=func.now() - REFUSED_KEPT_FOR)
    await session.execute(delete(EventDelivery).where(col(EventDelivery.receiver).in_(gone)))
    await session.execute(delete(EventDelivery).where(delivered < kept_until))
    await session.execute(delete(EventReceiver).where(receiver.in_(gone)))
    untold = ~exists().where(col(EventDelivery.event_id) == col(SecurityEvent.id))
    await session.execute(delete(SecurityEvent).where(untold))
