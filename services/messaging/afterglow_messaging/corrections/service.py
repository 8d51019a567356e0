"""Correct a message, and read what it said before."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Conflict, Forbidden, Refusal
from afterglow_foundation.sealing import DataKey, DataKeyStore
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.care_teams.members import people_in
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.corrections.schemas import VersionIn, VersionList, VersionOut
from afterglow_messaging.live.waking import wake
from afterglow_messaging.messages import envelope
from afterglow_messaging.messages.models import Message, MessageVersion
from afterglow_messaging.messages.schemas import MessageOut
from afterglow_messaging.messages.service import current, find_message, find_own_message, key_of, refuse_closed

CORRECTABLE_FOR = timedelta(minutes=15)  # the row policy of message_versions holds the same
MOST_CORRECTIONS = 20
ACTION = AuditAction.message_corrected


class TooLate(Conflict):
    code, title = "too_late", "A message can be corrected for fifteen minutes; this one is older"


class Overtaken(Conflict):
    code, title = "overtaken", "This message was changed a moment ago"


class Withdrawn(Conflict):
    code, title = "withdrawn", "This message was withdrawn; its words are not shown any more"


class TooOften(Conflict):
    code, title = "too_often", "This message was corrected very often; please write another one"


@dataclass(frozen=True, slots=True)
class Corrected:
    """`created` is False for a replay."""

    message: MessageOut
    created: bool


async def correct(
    session: AsyncSession,
    store: DataKeyStore,
    caller: Caller,
    conversation: Conversation,
    *,
    message_id: UUID,
    body: VersionIn,
) -> Corrected:
    """Put other words in the place of those that the sender saw, once, however often it is asked.

    Raises NotFound or Forbidden for a message that is not the caller's, Forbidden once care has ended, Conflict for an
    id that was used for other words, and its kinds above.
    """
    message = await find_own_message(session, caller, conversation, message_id, ACTION)
    key = await key_of(session, store, conversation)
    version = sealed(key, message, body, written_at=datetime.now(UTC))
    added = not await is_replay(session, version)
    if added:
        await refuse_closed(session, caller, conversation, ACTION)
        added = await take_place(session, version)
        if not added and not await is_replay(session, version):  # another request may have added it a moment ago
            await session.refresh(message)
            raise why_not(message)
    await session.refresh(message)
    if not added:
        return Corrected(await current(session, key, message), created=False)
    session.add(version)
    await session.flush()
    await wake(session, conversation.id, await people_in(session, conversation))
    return Corrected(await current(session, key, message), created=True)


def sealed(key: DataKey, message: Message, body: VersionIn, *, written_at: datetime) -> MessageVersion:
    number = body.replaces + 1
    place = envelope.version_binding(message.conversation_id, message.id, number)
    return MessageVersion(
        conversation_id=message.conversation_id,
        message_id=message.id,
        number=number,
        id=body.id,
        sealed_text=key.seal(body.text, place),
        digest=envelope.version_digest(key, message.id, number, body.text),
        written_at=written_at,
    )


async def is_replay(session: AsyncSession, version: MessageVersion) -> bool:
    """Whether this very correction is there. Raises Conflict for another one with its id."""
    same_id = select(col(MessageVersion.digest)).where(
        col(MessageVersion.conversation_id) == version.conversation_id,
        col(MessageVersion.message_id) == version.message_id,
        col(MessageVersion.id) == version.id,
    )
    with session.no_autoflush:
        digest = await session.scalar(same_id)
    if digest is not None and digest != version.digest:
        raise Conflict("This id was used for another correction.")
    return digest is not None


async def take_place(session: AsyncSession, version: MessageVersion) -> bool:
    """Make it the newest of its message. Its row is locked by that: of many at once one finds it as they saw it."""
    statement = (
        update(Message)
        .where(
            col(Message.conversation_id) == version.conversation_id,
            col(Message.id) == version.message_id,
            col(Message.corrections) == version.number - 1,
            col(Message.corrections) < MOST_CORRECTIONS,
            col(Message.withdrawn_at).is_(None),
            col(Message.sent_at) >= version.written_at - CORRECTABLE_FOR,
        )
        .values(corrections=version.number, corrected_at=version.written_at)
        .returning(col(Message.id))
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


def why_not(message: Message) -> Conflict:
    if message.withdrawn_at:
        return Withdrawn()
    if message.sent_at < datetime.now(UTC) - CORRECTABLE_FOR:
        return TooLate()
    if message.corrections >= MOST_CORRECTIONS:
        return TooOften()
    return Overtaken()


async def list_versions(
    session: AsyncSession, store: DataKeyStore, conversation: Conversation, message_id: UUID
) -> VersionList:
    """All that a message said. Raises Forbidden for a withdrawn one."""
    message = await find_message(session, conversation, message_id, AuditAction.messages_read)
    if message.withdrawn_at:
        raise Forbidden(Withdrawn.title, refusal=Refusal(AuditAction.messages_read, message_id, conversation.client_id))
    key = await key_of(session, store, conversation)
    statement = (
        select(MessageVersion)
        .where(
            col(MessageVersion.conversation_id) == conversation.id,
            col(MessageVersion.message_id) == message_id,
            col(MessageVersion.number) <= message.corrections,
        )
        .order_by(col(MessageVersion.number))
    )
    first = VersionOut(number=0, text=envelope.first_words(key, message), written_at=message.sent_at)
    later = (await session.execute(statement)).scalars().all()
    return VersionList(items=[first, *(described(key, version) for version in later)])


def described(key: DataKey, version: MessageVersion) -> VersionOut:
    return VersionOut(number=version.number, text=envelope.version_words(key, version), written_at=version.written_at)
