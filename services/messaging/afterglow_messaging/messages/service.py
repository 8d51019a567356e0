"""Send and read messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import Database
from afterglow_foundation.errors import (
    Conflict,
    FieldError,
    Forbidden,
    InvalidInput,
    NotFound,
    Refusal,
    Unavailable,
)
from afterglow_foundation.sealing import DataKey, DataKeyStore
from afterglow_foundation.single_statement import Found
from sqlalchemy import Row, Select, and_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_messaging.attachments.sending import take
from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.policy import conversations_of, is_open
from afterglow_messaging.covers.lines import lines_among
from afterglow_messaging.messages import envelope, storing
from afterglow_messaging.messages.models import Message, MessageVersion
from afterglow_messaging.messages.schemas import MessageIn, MessageOut, MessagePage
from afterglow_messaging.people.policy import live_work

USED_BEFORE = "This id was used for another message."


@dataclass(frozen=True, slots=True)
class Page:
    """The first messages after a number, or, with `before`, the last ones before a number."""

    limit: int
    after: int = 0
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """`created` is False for a replay."""

    message: MessageOut
    created: bool


async def send_message(
    database: Database,
    store: DataKeyStore,
    caller: Caller,
    *,
    conversation_id: UUID,
    message_id: UUID,
    body: MessageIn,
) -> Sent:
    """Store a message as the next of its conversation, once, however often it is sent.

    Raises NotFound for a conversation that is not the caller's, Forbidden once care has ended, Conflict for an
    id that was used for another message, InvalidInput for a reply to a message that is not there, and for a file that
    is not ready.
    """
    key = await find_key(database, store, caller, conversation_id)
    message = seal(key, caller, message_id, body, sent_at=datetime.now(UTC))
    taken = False
    try:
        if body.attachments:
            stored = await store_with_attachments(database, key, caller, message, body)
        else:
            rows = await database.single_statement(storing.STORE, storing.parameters(caller, message))
            stored = described(message, body, rows)
    except IntegrityError:
        stored, taken = None, True  # a moment ago by another request, or where this caller does not read
    if stored:
        return Sent(stored, created=True)
    async with live_work(database, caller) as session:
        return Sent(await explain(session, key, caller, message, taken=taken), created=False)


async def store_with_attachments(
    database: Database, key: DataKey, caller: Caller, message: Message, body: MessageIn
) -> MessageOut | None:
    """Store it and give it its files, both or neither. None where it cannot be stored; InvalidInput for a file."""
    async with live_work(database, caller) as session:
        rows = (await session.execute(storing.STORE, storing.parameters(caller, message))).all()
        stored = described(message, body, rows)
        if stored:
            await take(session, key, message.id, message.sender_id, body.attachments)
            await envelope.with_attachments(session, key, [stored])
    return stored


def described(message: Message, body: MessageIn, rows: Sequence[Found]) -> MessageOut | None:
    """What STORE answered: the message with its number, or nothing."""
    if not rows:
        return None
    message.sequence = rows[0].last_sequence
    return envelope.described(message, body.text)


async def find_key(database: Database, store: DataKeyStore, caller: Caller, conversation_id: UUID) -> DataKey:
    """The conversation's key, made for its first message. A remembered one says nothing about the caller."""
    if key := store.remembered(conversation_id):
        return key
    async with live_work(database, caller) as session:
        conversation = await find_conversation(session, caller, conversation_id, AuditAction.message_sent)
        key = await store.find(session, conversation.id)
        if key is None:
            await refuse_closed(session, caller, conversation)
            key = await store.find_or_make(session, conversation.id)
    store.remember(key)  # only now is it sure to be committed
    return key


async def key_of(session: AsyncSession, store: DataKeyStore, conversation: Conversation) -> DataKey:
    """The key of a conversation that has messages and that the caller was found to be a party of."""
    key = store.remembered(conversation.id) or await store.find(session, conversation.id)
    if key is None:
        raise LookupError("messages without a data key")
    store.remember(key)  # committed before the first message was: it is never made here
    return key


def seal(key: DataKey, caller: Caller, message_id: UUID, body: MessageIn, *, sent_at: datetime) -> Message:
    """The row of a message in the conversation whose key this is; its number is given when it is stored."""
    return Message(
        conversation_id=key.owner,
        id=message_id,
        sequence=0,
        sender_id=caller.person,
        sealed_text=key.seal(body.text, envelope.binding(key.owner, message_id)),
        digest=envelope.digest(key, caller.person, body),
        reply_to=body.reply_to,
        sent_at=sent_at,
    )


async def explain(session: AsyncSession, key: DataKey, caller: Caller, message: Message, *, taken: bool) -> MessageOut:
    """Say why the statement stored nothing: answer the first message of a replay, or raise the reason.

    `taken` says that the id is another message's, whether the caller may see that one or not.
    """
    conversation = await find_conversation(session, caller, message.conversation_id, AuditAction.message_sent)
    if first := await session.get(Message, (message.conversation_id, message.id)):
        if first.digest != message.digest:
            raise Conflict(USED_BEFORE)
        return await current(session, key, first)
    if taken:
        raise Conflict(USED_BEFORE)
    await refuse_closed(session, caller, conversation)
    if message.reply_to and not await session.get(Message, (message.conversation_id, message.reply_to)):
        raise InvalidInput(errors=[FieldError(field="reply_to", code="missing", message="There is no such message.")])
    raise Unavailable  # what stood in the way is gone; sending again is safe


async def refuse_closed(
    session: AsyncSession, caller: Caller, conversation: Conversation, action: AuditAction = AuditAction.message_sent
) -> None:
    """Raise Forbidden unless care lives, and unless the practice wants care teams where it is one's."""
    opened = select(col(Conversation.id)).where(col(Conversation.id) == conversation.id, is_open(caller))
    if not await session.scalar(opened):
        raise Forbidden(
            "This conversation is closed, because care has ended or the practice closed it. You can still read it.",
            refusal=Refusal(action, conversation.id, conversation.client_id),
        )


async def find_conversation(
    session: AsyncSession, caller: Caller, conversation_id: UUID, action: AuditAction
) -> Conversation:
    statement = conversations_of(caller).where(col(Conversation.id) == conversation_id)
    conversation = await session.scalar(statement)
    if conversation is None:
        raise NotFound(refusal=Refusal(action, conversation_id))
    return conversation


async def list_messages(
    session: AsyncSession, store: DataKeyStore, caller: Caller, conversation: Conversation, page: Page
) -> MessagePage:
    """The messages of a page, in order."""
    statement = (
        with_newest_words()
        .where(col(Message.conversation_id) == conversation.id, col(Message.sequence) > page.after)
        .order_by(col(Message.sequence))
        .limit(page.limit + 1)
    )
    if page.before:
        newest = col(Message.sequence).desc()
        statement = statement.where(col(Message.sequence) < page.before).order_by(None).order_by(newest)
    rows = (await session.execute(statement)).all()
    shown = sorted(rows[: page.limit], key=lambda row: row.Message.sequence)
    key = await key_of(session, store, conversation) if shown else None
    items = [envelope.opened(key, row.Message, row.sealed_version) for row in shown if key]
    if key:
        await envelope.with_attachments(session, key, items)
    more = len(rows) > page.limit
    low, high = between(shown, page, more=more)
    further = str(items[0 if page.before else -1].sequence) if more else None
    return MessagePage(items=items, next=further, covers=await lines_among(session, caller, conversation, low, high))


def between(shown: Sequence[Row[Message, bytes | None]], page: Page, *, more: bool) -> tuple[int, int]:
    """The numbers of the messages behind which this page's lines stand; 0 is the place before the first message."""
    first, last = (shown[0].Message.sequence, shown[-1].Message.sequence) if shown else (page.after + 1, page.after)
    return first if page.before and more else page.after, last


def with_newest_words() -> Select[Message, bytes | None]:
    """Messages, each with the sealed words of its newest correction where there is one."""
    newest = and_(
        col(MessageVersion.conversation_id) == col(Message.conversation_id),
        col(MessageVersion.message_id) == col(Message.id),
        col(MessageVersion.number) == col(Message.corrections),
        col(Message.corrections) > 0,
    )
    return select(Message, col(MessageVersion.sealed_text).label("sealed_version")).outerjoin(MessageVersion, newest)


async def current(session: AsyncSession, key: DataKey, message: Message) -> MessageOut:
    """A stored message as it reads now."""
    place = (message.conversation_id, message.id, message.corrections)
    version = await session.get(MessageVersion, place) if message.corrections and not message.withdrawn_at else None
    shown = envelope.opened(key, message, version.sealed_text if version else None)
    await envelope.with_attachments(session, key, [shown])
    return shown


async def find_message(
    session: AsyncSession, conversation: Conversation, message_id: UUID, action: AuditAction
) -> Message:
    message = await session.get(Message, (conversation.id, message_id))
    if message is None:
        raise NotFound(refusal=Refusal(action, message_id, conversation.client_id))
    return message


async def find_own_message(
    session: AsyncSession, caller: Caller, conversation: Conversation, message_id: UUID, action: AuditAction
) -> Message:
    """Raise Forbidden for somebody else's: they can read it, and not change it."""
    message = await find_message(session, conversation, message_id, action)
    if message.sender_id != caller.person:
        raise Forbidden(
            "Only who wrote a message can change it.", refusal=Refusal(action, message_id, conversation.client_id)
        )
    return message
