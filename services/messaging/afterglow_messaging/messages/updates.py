"""What was stored or changed since a cursor, in all of a person's conversations: nothing missed, nothing twice."""

from dataclasses import dataclass
from typing import cast
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import Database
from afterglow_foundation.errors import Unavailable
from afterglow_foundation.sealing import DataKey, DataKeyStore
from afterglow_foundation.single_statement import Found
from sqlalchemy import Text, func, select
from sqlalchemy import cast as as_type
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.messages import envelope, fetching
from afterglow_messaging.messages.cursor import Cursor, Place, Snapshot
from afterglow_messaging.messages.schemas import MessageOut
from afterglow_messaging.messages.service import find_conversation, key_of
from afterglow_messaging.people.policy import live_work

LARGEST_BATCH = 200


@dataclass(frozen=True, slots=True)
class Update:
    """One message, new or changed, and the cursor of somebody who has read up to it."""

    message: MessageOut
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class Batch:
    """New messages by conversation and number. `next` continues after them; `more` says that it would at once."""

    updates: list[Update]
    next: Cursor
    more: bool


async def present(session: AsyncSession) -> Snapshot:
    """All that is committed at this moment."""
    seen = await session.scalar(select(as_type(func.pg_current_snapshot(), Text)))
    return Snapshot.parse(str(seen))


async def read(
    database: Database, store: DataKeyStore, caller: Caller, cursor: Cursor, *, limit: int = LARGEST_BATCH
) -> Batch:
    """At most `limit` messages that the cursor has not seen, audited once for each of their conversations.

    Raises Forbidden for a caller who is not live, UnreadableCursorError for a cursor of another database.
    """
    rows = await database.single_statement(fetching.FETCH, fetching.parameters(caller, cursor, limit))
    if not rows:
        await refuse(database, caller)
    cursor.refuse_later_than(Snapshot.parse(rows[0].present))
    until = Snapshot.parse(rows[0].until)
    found = [row for row in rows if row.id is not None]
    updates = []
    for row in found[:limit]:
        message = await opened(database, store, caller, row)
        if row.carries:
            await add_attachments(database, store, caller, message)
        updates.append(Update(message, Cursor(cursor.since, until, Place(row.conversation_id, row.sequence))))
    in_parts = len(found) > limit
    later = cursor.until is not None  # what came after the batch that this one ends; no wake-up will tell of it again
    return Batch(updates, updates[-1].cursor if in_parts else Cursor(until), in_parts or later)


async def opened(database: Database, store: DataKeyStore, caller: Caller, row: Found) -> MessageOut:
    """Raises SealBrokenError for a text that was altered or moved."""
    key = store.remembered(row.conversation_id) or await fetch_key(database, store, caller, row.conversation_id)
    return envelope.opened(key, cast("envelope.Stored", row), row.sealed_version)


async def add_attachments(database: Database, store: DataKeyStore, caller: Caller, message: MessageOut) -> None:
    """Few messages carry something: only these cost another question."""
    async with live_work(database, caller) as session:
        conversation = await find_conversation(session, caller, message.conversation_id, AuditAction.messages_read)
        key = await key_of(session, store, conversation)
        await envelope.with_attachments(session, key, [message])


async def fetch_key(database: Database, store: DataKeyStore, caller: Caller, conversation_id: UUID) -> DataKey:
    async with live_work(database, caller) as session:
        conversation = await find_conversation(session, caller, conversation_id, AuditAction.messages_read)
        return await key_of(session, store, conversation)


async def refuse(database: Database, caller: Caller) -> None:
    """Say why the statement did not take the caller for live."""
    async with live_work(database, caller):
        raise Unavailable  # what stood in the way is gone; asking again is safe
