"""Look for words in the messages that a person may read: opened here, newest first, and forgotten again.

No index of sealed text may exist, so each search opens what it looks through. It is bounded, and says so.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import NotFound, Refusal
from afterglow_foundation.sealing import DataKeyStore
from sqlalchemy import Row, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col
from starlette.concurrency import run_in_threadpool

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.policy import conversations_of
from afterglow_messaging.conversations.service import teams_of
from afterglow_messaging.messages.models import Message
from afterglow_messaging.messages.service import key_of, with_newest_words
from afterglow_messaging.people.models import PersonCopy
from afterglow_messaging.searching.cursor import Place
from afterglow_messaging.searching.looking import Looking
from afterglow_messaging.searching.schemas import Found, Search

MOST_SEARCHED = 5_000
AT_ONCE = 250


async def search(
    session: AsyncSession, store: DataKeyStore, caller: Caller, body: Search, *, limit: int, after: Place | None
) -> Found:
    """A page of messages that hold the words. Raises NotFound, audited, for a conversation that is not the caller's."""
    rows = await conversations(session, caller, body.conversation)
    if body.conversation and not rows:
        raise NotFound(refusal=Refusal(AuditAction.messages_searched, body.conversation))
    written = [row for row in rows if row.Conversation.last_sequence]
    keys = {row.Conversation.id: await key_of(session, store, row.Conversation) for row in written}
    teams = await teams_of(session, written)
    looking = Looking.for_words(body.q, {row.Conversation.id: row for row in written}, keys, teams, limit=limit)
    async for part in newest(session, list(keys), after):
        left = MOST_SEARCHED - looking.searched
        await run_in_threadpool(looking.through, part[:left])
        if looking.over or len(part) > left:
            return looking.found(more=True)
    return looking.found(more=False)


async def conversations(session: AsyncSession, caller: Caller, only: UUID | None) -> Sequence[Row[Any]]:
    """The caller's conversations, or the only one that is meant, with the names."""
    client, therapist = aliased(PersonCopy), aliased(PersonCopy)
    own = (
        conversations_of(caller)
        .join(client, col(client.id) == col(Conversation.client_id))
        .outerjoin(therapist, col(therapist.id) == col(Conversation.therapist_id))
        .add_columns(col(client.name).label("client"), col(therapist.name).label("therapist"))
    )
    if only:
        own = own.where(col(Conversation.id) == only)
    return (await session.execute(own)).all()


async def newest(
    session: AsyncSession, conversation_ids: Sequence[UUID], after: Place | None
) -> AsyncIterator[Sequence[Row[Message, bytes | None]]]:
    """Messages of these conversations, newest first, a part at a time; one more than may be opened at most.

    What was withdrawn is shown to nobody, so nobody finds it.
    """
    order = (col(Message.sent_at), col(Message.conversation_id), col(Message.sequence))
    readable = (col(Message.conversation_id).in_(conversation_ids), col(Message.withdrawn_at).is_(None))
    statement = with_newest_words().where(*readable)
    if after:
        statement = statement.where(tuple_(*order) < (after.sent_at, after.conversation_id, after.sequence))
    statement = statement.order_by(*(column.desc() for column in order)).limit(MOST_SEARCHED + 1)
    result = await session.stream(statement.execution_options(yield_per=AT_ONCE))
    try:
        async for part in result.partitions(AT_ONCE):
            yield part
    finally:
        await result.close()
