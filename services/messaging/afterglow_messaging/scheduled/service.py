"""Schedule a message, change it, take it back, and see what waits."""

import json
from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Conflict, FieldError, InvalidInput, NotFound, Refusal
from afterglow_foundation.sealing import DataKey, DataKeyStore
from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.messages import envelope
from afterglow_messaging.messages.models import Message
from afterglow_messaging.messages.schemas import MessageIn
from afterglow_messaging.messages.service import key_of, refuse_closed, seal
from afterglow_messaging.scheduled.models import ScheduledMessage
from afterglow_messaging.scheduled.policy import scheduled_by
from afterglow_messaging.scheduled.schemas import ScheduledChangeIn, ScheduledIn, ScheduledList, ScheduledOut

MOST = 20  # in one conversation
# Two that are scheduled at once are counted one after the other.
IN_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('afterglow.scheduled ' || :sender, 0))")


class TooManyScheduled(Conflict):
    code, title = "too_many_scheduled", "Twenty messages wait in this conversation already"


class Overtaken(Conflict):
    code, title = "overtaken", "This message was changed meanwhile"


async def schedule(
    session: AsyncSession,
    store: DataKeyStore,
    caller: Caller,
    conversation: Conversation,
    *,
    message_id: UUID,
    body: ScheduledIn,
) -> tuple[ScheduledOut, bool]:
    """Keep it until then, once, and say whether it was new. Raises as sending does, and TooManyScheduled."""
    await refuse_closed(session, caller, conversation, AuditAction.message_scheduled)
    await session.execute(IN_TURN, {"sender": str(caller.person)})
    key = await store.find_or_make(session, conversation.id)
    first = await session.get(ScheduledMessage, (conversation.id, message_id))
    if first:
        if first.first_digest != first_digest(key, body):
            raise Conflict("This id was used for another message.")
        return opened(key, first), False
    if await session.get(Message, (conversation.id, message_id)):
        raise Conflict("This message was sent already.")
    if body.reply_to and not await session.get(Message, (conversation.id, body.reply_to)):
        raise InvalidInput(errors=[FieldError(field="reply_to", code="missing", message="There is no such message.")])
    await refuse_too_many(session, caller, conversation)
    sealed = seal(key, caller, message_id, body.message(), sent_at=body.send_at)
    made = ScheduledMessage(
        **sealed.model_dump(include={"conversation_id", "id", "sender_id", "sealed_text", "digest", "reply_to"}),
        first_digest=first_digest(key, body),
        send_at=body.send_at,
    )
    session.add(made)
    await session.flush()
    return opened(key, made), True


async def refuse_too_many(session: AsyncSession, caller: Caller, conversation: Conversation) -> None:
    mine = scheduled_by(caller).where(col(ScheduledMessage.conversation_id) == conversation.id)
    counted = await session.scalar(select(func.count()).select_from(mine.subquery()))
    if counted is None or counted >= MOST:
        raise TooManyScheduled


def first_digest(key: DataKey, body: ScheduledIn) -> bytes:
    canonical = [body.text, str(body.reply_to), body.send_at.isoformat()]
    return key.digest(json.dumps(canonical, ensure_ascii=False).encode())


def opened(key: DataKey, scheduled: ScheduledMessage) -> ScheduledOut:
    """Raises SealBrokenError for what was altered or moved."""
    words = key.open(scheduled.sealed_text, envelope.binding(scheduled.conversation_id, scheduled.id))
    kept = scheduled.model_dump(include=set(ScheduledOut.model_fields) - {"text"})
    return ScheduledOut(text=words, **kept)


async def waiting(
    session: AsyncSession, store: DataKeyStore, caller: Caller, conversation: UUID | None, *, refused: bool = False
) -> ScheduledList:
    """The caller's own, of all their conversations or of one; what was refused is among them, or they are only that."""
    mine = scheduled_by(caller).order_by(col(ScheduledMessage.send_at), col(ScheduledMessage.id))
    if conversation:
        mine = mine.where(col(ScheduledMessage.conversation_id) == conversation)
    if refused:
        mine = mine.where(col(ScheduledMessage.refused_at).is_not(None))
    items = []
    for one in list(await session.scalars(mine)):
        key = await store.find(session, one.conversation_id)
        if key is None:
            raise LookupError("a scheduled message without a data key")
        items.append(opened(key, one))
    return ScheduledList(items=items)


async def find(
    session: AsyncSession, caller: Caller, conversation: Conversation, message_id: UUID, action: AuditAction
) -> ScheduledMessage:
    """One that still waits or was refused, and that nobody sends meanwhile. NotFound for one that has gone out."""
    mine = scheduled_by(caller).where(
        col(ScheduledMessage.conversation_id) == conversation.id, col(ScheduledMessage.id) == message_id
    )
    found = await session.scalar(mine.with_for_update(of=ScheduledMessage))
    if found is None:
        raise NotFound(refusal=Refusal(action, message_id, conversation.client_id))
    return found


async def change(
    session: AsyncSession,
    store: DataKeyStore,
    caller: Caller,
    conversation: Conversation,
    *,
    message_id: UUID,
    body: ScheduledChangeIn,
) -> ScheduledOut:
    """Put other words or another moment in its place; one that was refused waits again. Nothing earlier is kept."""
    await refuse_closed(session, caller, conversation, AuditAction.message_scheduled)
    found = await find(session, caller, conversation, message_id, AuditAction.message_scheduled)
    key = await key_of(session, store, conversation)
    before = opened(key, found)
    if (before.text, before.send_at, before.refused_at) == (body.text, body.send_at, None):
        return before
    if body.replaces != found.version:
        raise Overtaken
    message = MessageIn(text=body.text, reply_to=found.reply_to)
    sealed = seal(key, caller, message_id, message, sent_at=datetime.now(UTC))
    found.sealed_text, found.digest, found.send_at = sealed.sealed_text, sealed.digest, body.send_at
    found.version += 1
    found.refused_at = found.refusal = None
    await session.flush()
    return opened(key, found)


async def take_back(session: AsyncSession, caller: Caller, conversation: Conversation, message_id: UUID) -> None:
    found = await find(session, caller, conversation, message_id, AuditAction.message_unscheduled)
    await session.execute(
        delete(ScheduledMessage).where(
            col(ScheduledMessage.conversation_id) == conversation.id, col(ScheduledMessage.id) == found.id
        )
    )
