"""Bring a conversation in with the times it was written at: for demonstration data."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import SET_CONTEXT, Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.sealing import DataKeyStore

from afterglow_messaging.conversations.schemas import ConversationIn
from afterglow_messaging.conversations.service import open_conversation
from afterglow_messaging.messages import storing
from afterglow_messaging.messages.schemas import MessageIn
from afterglow_messaging.messages.service import seal


@dataclass(frozen=True, slots=True)
class ImportedMessage:
    sender_id: UUID
    text: str
    sent_at: datetime
    id: UUID = field(default_factory=new_id)
    reply_to: UUID | None = None


async def import_conversation(
    database: Database,
    store: DataKeyStore,
    *,
    conversation_id: UUID,
    client_id: UUID,
    therapist_id: UUID,
    messages: Sequence[ImportedMessage],
) -> None:
    """Store a conversation and its messages, in the given order, in one transaction.

    Runs as the app role, each message as its sender, through the same sealing, rules and audit as sending; care
    between the two must live. A message whose id is there already stays as it is, so repeating changes nothing.
    """
    pair = ConversationIn(client_id=client_id, therapist_id=therapist_id)
    callers = {
        client_id: Caller(id=client_id, role=Role.client),
        therapist_id: Caller(id=therapist_id, role=Role.therapist),
    }
    async with database.unit_of_work(RowContext.of(callers[client_id])) as session:
        await open_conversation(session, store, callers[client_id], conversation_id, pair)
        key = await store.find_or_make(session, conversation_id)
        for each in messages:
            caller = callers[each.sender_id]
            body = MessageIn(text=each.text, reply_to=each.reply_to)
            message = seal(key, caller, each.id, body, sent_at=each.sent_at)
            await session.execute(SET_CONTEXT, RowContext.of(caller).parameters())
            await session.execute(storing.STORE, storing.parameters(caller, message, purpose="import"))
