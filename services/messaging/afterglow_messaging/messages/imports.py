"""Bring a conversation in with the times it was written at: for demonstration data."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from afterglow_foundation.audit import event_values
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import SET_CONTEXT, Database, RowContext
from afterglow_foundation.errors import NotFound, Refusal
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.sealing import DataKey, DataKeyStore
from sqlalchemy import ColumnElement, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_messaging.attachments.imports import ImportedFile, import_file
from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.base import AuditEvent
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.policy import conversations_of
from afterglow_messaging.corrections.schemas import VersionIn
from afterglow_messaging.corrections.service import sealed
from afterglow_messaging.messages import storing
from afterglow_messaging.messages.models import Message
from afterglow_messaging.messages.schemas import MessageIn
from afterglow_messaging.messages.service import refuse_closed, seal
from afterglow_messaging.read_marks.service import move

PURPOSE = "import"


@dataclass(frozen=True, slots=True)
class ImportedCorrection:
    text: str
    written_at: datetime
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class ImportedMessage:
    """`read`: all others have read it, whether they answered or not."""

    sender_id: UUID
    text: str
    sent_at: datetime
    id: UUID = field(default_factory=new_id)
    reply_to: UUID | None = None
    correction: ImportedCorrection | None = None
    withdrawn_at: datetime | None = None
    files: Sequence[ImportedFile] = ()
    read: bool = False


async def import_conversation(
    database: Database,
    store: DataKeyStore,
    *,
    client_id: UUID,
    therapist_id: UUID,
    messages: Sequence[ImportedMessage],
) -> None:
    """Store the messages of a pair's conversation, in the given order, in one transaction.

    Runs as the app role, each message as its sender, through the same sealing, rules and audit as sending. What
    somebody answered counts as read by them. A message whose id is there already stays as it is, so repeating
    changes nothing. Raises NotFound where the pair has no conversation, Forbidden where care has ended.
    """
    of_pair = col(Conversation.therapist_id) == therapist_id
    await bring_in(database, store, of_pair, client_id=client_id, therapist_ids=[therapist_id], messages=messages)


async def import_team_conversation(
    database: Database,
    store: DataKeyStore,
    *,
    client_id: UUID,
    therapist_ids: Sequence[UUID],
    messages: Sequence[ImportedMessage],
) -> None:
    """The same for that of a client's care team, to which these therapists belong."""
    of_team = col(Conversation.therapist_id).is_(None)
    await bring_in(database, store, of_team, client_id=client_id, therapist_ids=therapist_ids, messages=messages)


async def bring_in(
    database: Database,
    store: DataKeyStore,
    which: ColumnElement[bool],
    *,
    client_id: UUID,
    therapist_ids: Sequence[UUID],
    messages: Sequence[ImportedMessage],
) -> None:
    client = Caller(id=client_id, role=Role.client)
    callers = {client_id: client} | {one: Caller(id=one, role=Role.therapist) for one in therapist_ids}
    async with database.unit_of_work(RowContext.of(client)) as session:
        conversation = await find_own(session, client, which)
        await refuse_closed(session, client, conversation)
        key = await store.find_or_make(session, conversation.id)
        for each in messages:
            caller = callers[each.sender_id]
            body = MessageIn(text=each.text, reply_to=each.reply_to)
            message = seal(key, caller, each.id, body, sent_at=each.sent_at)
            await session.execute(SET_CONTEXT, RowContext.of(caller).parameters())
            stored = await session.scalar(storing.STORE, storing.parameters(caller, message, purpose=PURPOSE))
            if stored:
                await move(session, caller, conversation, stored)
                await change(session, key, caller, each, client_id)
                for place, file in enumerate(each.files):
                    await import_file(session, key, message, file, place)
                for reader in (one for one in callers.values() if each.read and one.person != each.sender_id):
                    await session.execute(SET_CONTEXT, RowContext.of(reader).parameters())
                    await move(session, reader, conversation, stored)


async def change(
    session: AsyncSession, key: DataKey, caller: Caller, imported: ImportedMessage, subject_id: UUID
) -> None:
    """Correct and withdraw a stored message as its sender did."""
    message = await session.get_one(Message, (key.owner, imported.id))
    acts = []
    if correction := imported.correction:
        body = VersionIn(id=correction.id, text=correction.text, replaces=0)
        session.add(sealed(key, message, body, written_at=correction.written_at))
        await session.flush()
        message.corrections, message.corrected_at = 1, correction.written_at
        acts.append(AuditAction.message_corrected)
    if imported.withdrawn_at:
        await session.flush()
        message.withdrawn_at = imported.withdrawn_at
        acts.append(AuditAction.message_withdrawn)
    await session.flush()
    for act in acts:
        event = event_values(caller, act, object_id=imported.id, subject_id=subject_id, purpose=PURPOSE)
        await session.execute(insert(AuditEvent).values(**event))


async def find_own(session: AsyncSession, client: Caller, which: ColumnElement[bool]) -> Conversation:
    conversation = await session.scalar(conversations_of(client).where(which))
    if conversation is None:
        raise NotFound(refusal=Refusal(AuditAction.conversation_read, subject_id=client.person))
    return conversation
