"""Put a whole conversation together for a party who may read it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Conflict
from afterglow_foundation.sealing import DataKey, DataKeyStore
from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from starlette.concurrency import run_in_threadpool

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.conversations.schemas import ConversationOut
from afterglow_messaging.conversations.service import find_conversation as describe
from afterglow_messaging.covers.lines import lines_among
from afterglow_messaging.covers.schemas import Line
from afterglow_messaging.exports.policy import refuse_held
from afterglow_messaging.exports.schemas import ConversationExport, ExportedMessage
from afterglow_messaging.messages import envelope
from afterglow_messaging.messages.models import Message
from afterglow_messaging.messages.schemas import MessageOut
from afterglow_messaging.messages.service import find_conversation, key_of, with_newest_words

MOST_MESSAGES = 20_000
MOST_BYTES = 16 * 1024 * 1024  # of sealed words


class TooLong(Conflict):
    code, title = "conversation_too_long", "This conversation is too long to be taken out in one piece"


async def export(
    session: AsyncSession, store: DataKeyStore, caller: Caller, conversation_id: UUID
) -> ConversationExport:
    """Raise NotFound for one that is not the caller's, NotNow while exports are held, TooLong above the bounds."""
    conversation = await find_conversation(session, caller, conversation_id, AuditAction.conversation_exported)
    await refuse_held(session, caller, conversation.id, conversation.client_id)
    await refuse_too_long(session, conversation.id)
    described = await describe(session, caller, conversation.id)
    ours = col(Message.conversation_id) == conversation.id
    rows = (await session.execute(with_newest_words().where(ours).order_by(col(Message.sequence)))).all()
    key = await key_of(session, store, conversation) if rows else None
    messages = await run_in_threadpool(opened, key, rows) if key else []
    if key:
        await envelope.with_attachments(session, key, [one for one in messages if one.withdrawn_at is None])
    lines = await lines_among(session, caller, conversation, 0, conversation.last_sequence)
    return out(described, caller, messages, lines.items, opened_at=conversation.created_at)


async def refuse_too_long(session: AsyncSession, conversation_id: UUID) -> None:
    size = func.coalesce(func.sum(func.octet_length(col(Message.sealed_text))), 0)
    measured = select(func.count(), size).select_from(Message).where(col(Message.conversation_id) == conversation_id)
    count, size_in_bytes = (await session.execute(measured)).one()
    if count > MOST_MESSAGES or size_in_bytes > MOST_BYTES:
        raise TooLong


def opened(key: DataKey, rows: Sequence[Row[Message, bytes | None]]) -> list[MessageOut]:
    return [envelope.opened(key, message, version) for message, version in rows]


def out(
    described: ConversationOut,
    caller: Caller,
    messages: list[MessageOut],
    covers: list[Line],
    *,
    opened_at: datetime,
) -> ConversationExport:
    return ConversationExport(
        exported_at=datetime.now(UTC),
        exported_by=caller.person,
        conversation_id=described.id,
        client=described.client,
        therapist=described.therapist,
        team=described.team,
        opened_at=opened_at,
        closed_at=described.closed_at,
        messages=[ExportedMessage.model_validate(one, from_attributes=True) for one in messages],
        covers=covers,
    )
