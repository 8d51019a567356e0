"""A receiver's one stream: made, changed, stopped, verified and given up.

What changes something holds the lock that keeps publishers out, as registering does: so it is never open whether an
event belongs to a stream that was changed meanwhile. `registered_at` says since when everything is told that is told
now; a receiver whose snapshot is older looks at its stream and takes another one.
"""

from datetime import timedelta
from typing import Any

from afterglow_foundation.errors import BadRequest, Conflict, FieldError, NotFound, TooManyRequests
from afterglow_foundation.security_events.events import SUPPORTED, StreamStatus
from afterglow_foundation.security_events.polling import POLL_PATH
from afterglow_foundation.security_events.streams import POLL_METHOD, Delivery, StatusDocument, StreamConfiguration
from sqlalchemy import delete, func, or_, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.events import delivery, outbox
from afterglow_auth.events.models import EventDelivery, EventReceiver
from afterglow_auth.events.registering import lock
from afterglow_auth.settings import Settings
from afterglow_auth.streams.schemas import StatusWish, StreamChange, StreamWish, VerificationWish, stream_id_of

MIN_VERIFICATION_INTERVAL = timedelta(seconds=30)
WAKE = text("SELECT pg_notify('security_events', '')")
CHANGEABLE = ("description", "events_requested")


class StreamExists(Conflict):
    code, title = "stream_exists", "A receiver has one stream"


async def listed(session: AsyncSession, receiver: str) -> list[EventReceiver]:
    found = await session.get(EventReceiver, receiver)
    return [found] if found else []


async def find(session: AsyncSession, receiver: str, stream_id: str) -> EventReceiver:
    """The receiver's own stream, as it is now. Raises NotFound for another's, and for one that there never was."""
    found = await session.get(EventReceiver, receiver, populate_existing=True)
    if found is None or found.stream_id != stream_id_of(stream_id):
        raise NotFound
    return found


def described(settings: Settings, stream: EventReceiver) -> StreamConfiguration:
    return StreamConfiguration(
        stream_id=stream.stream_id,
        iss=settings.issuer,
        aud=stream.client_id,
        delivery=Delivery(method=POLL_METHOD, endpoint_url=f"{settings.base_url}{POLL_PATH}"),
        events_supported=list(SUPPORTED),
        events_requested=stream.events_requested,
        events_delivered=sorted(delivery.told(stream.events_requested)),
        description=stream.description,
        min_verification_interval=int(MIN_VERIFICATION_INTERVAL.total_seconds()),
        inactivity_timeout=int(delivery.FORGOTTEN_AFTER.total_seconds()),
    )


def status_of(stream: EventReceiver) -> StatusDocument:
    return StatusDocument(stream_id=stream.stream_id, status=StreamStatus(stream.status), reason=stream.reason)


async def create(session: AsyncSession, settings: Settings, receiver: str, wish: StreamWish) -> EventReceiver:
    """Make the receiver's stream. Raises StreamExists where it has one."""
    refuse_other_address(settings, wish)
    if await session.get(EventReceiver, receiver):
        raise StreamExists
    now = await lock(session)
    if await session.get(EventReceiver, receiver):
        raise StreamExists
    made = EventReceiver(client_id=receiver, registered_at=now, heard_at=now)
    made.description, made.events_requested = wish.description, wish.events_requested
    session.add(made)
    await session.flush()
    return made


async def change(
    session: AsyncSession, settings: Settings, receiver: str, wish: StreamChange, *, wholly: bool
) -> tuple[EventReceiver, bool]:
    """Change what the wish names; `wholly`, what it does not name is as with a new stream. Raises BadRequest.

    Returns the stream, and whether that was a change.
    """
    stream = await find(session, receiver, wish.stream_id)
    if not differences(settings, stream, wish, wholly=wholly):
        return stream, False
    now = await lock(session)
    stream = await find(session, receiver, wish.stream_id)
    before = delivery.told(stream.events_requested)
    stream.sqlmodel_update(differences(settings, stream, wish, wholly=wholly))
    if delivery.told(stream.events_requested) != before:
        stream.registered_at = now  # when it tells less, too: whoever wants everything is not to find out later
    await session.flush()
    await session.execute(WAKE)
    return stream, True


def differences(settings: Settings, stream: EventReceiver, wish: StreamChange, *, wholly: bool) -> dict[str, Any]:
    """What would be another value. Raises BadRequest for what is not the receiver's to choose."""
    refuse_other_address(settings, wish)
    if wrong := wish.contradicts(described(settings, stream).model_dump(mode="json")):
        raise bad(wrong, "not_as_it_is", "This is not for a receiver to change.")
    wished = {name: getattr(wish, name) for name in CHANGEABLE if wholly or name in wish.model_fields_set}
    return {name: value for name, value in wished.items() if value != getattr(stream, name)}


def refuse_other_address(settings: Settings, wish: StreamWish) -> None:
    sent = wish.delivery.endpoint_url if wish.delivery else None
    if sent is not None and sent != f"{settings.base_url}{POLL_PATH}":
        raise bad(["delivery.endpoint_url"], "not_as_it_is", "Events are polled at auth's own address.")


def bad(fields: list[str], code: str, message: str) -> BadRequest:
    return BadRequest(errors=[FieldError(field=field, code=code, message=message) for field in fields])


async def set_status(session: AsyncSession, receiver: str, wish: StatusWish) -> tuple[EventReceiver, bool]:
    """Stop a stream or have it go on. A disabled one forgets what it had still to tell.

    Returns the stream, and whether that was a change.
    """
    stream = await find(session, receiver, wish.stream_id)
    if (stream.status, stream.reason) == (wish.status, wish.reason):
        return stream, False
    now = await lock(session)
    stream = await find(session, receiver, wish.stream_id)
    if stream.status == StreamStatus.disabled != wish.status:
        stream.registered_at = now
    stream.status, stream.reason = wish.status, wish.reason
    await session.flush()  # the stream's row before its deliveries, as a poll has them
    if wish.status is StreamStatus.disabled:
        await delivery.give_up(session, receiver)
    await session.execute(WAKE)
    return stream, True


async def verify(session: AsyncSession, receiver: str, wish: VerificationWish) -> None:
    """Send a verification event through the stream. Raises TooManyRequests soon after another one."""
    await outbox.hold(session)  # before the stream's row, as whoever changes it
    stream = await find(session, receiver, wish.stream_id)
    asked_at = col(EventReceiver.verification_asked_at)
    rested = or_(asked_at.is_(None), asked_at <= func.now() - MIN_VERIFICATION_INTERVAL)
    ask = update(EventReceiver).where(col(EventReceiver.client_id) == receiver, rested)
    asked = ask.values(verification_asked_at=func.now()).returning(col(EventReceiver.client_id))
    if (await session.execute(asked)).first() is None:
        raise TooManyRequests(headers={"Retry-After": f"{MIN_VERIFICATION_INTERVAL.total_seconds():.0f}"})
    if stream.status != StreamStatus.disabled:
        await outbox.verification(session, receiver, stream.stream_id, wish.state)


async def remove(session: AsyncSession, receiver: str, stream_id: str) -> EventReceiver:
    """Give the stream up, and what it had still to tell. The receiver begins again, with a snapshot."""
    await find(session, receiver, stream_id)
    await lock(session)
    stream = await find(session, receiver, stream_id)
    stream.status = StreamStatus.disabled  # the rows' policies let nothing else be deleted
    await session.flush()
    await session.execute(delete(EventDelivery).where(col(EventDelivery.receiver) == receiver))
    await session.delete(stream)
    await session.flush()
    await session.execute(WAKE)
    return stream
