"""Move a person's read mark forward, and tell their other devices and whoever may know."""

from datetime import UTC, datetime

from afterglow_foundation.callers import Caller
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.policy import conversations_of
from afterglow_messaging.conversations.service import last_sequence
from afterglow_messaging.live.waking import wake
from afterglow_messaging.read_marks.models import ReadMark
from afterglow_messaging.read_marks.schemas import ReadMarkOut
from afterglow_messaging.read_marks.unread import marked, read_sequence, unread
from afterglow_messaging.seen.service import told_to


async def mark_read(session: AsyncSession, caller: Caller, conversation: Conversation, sequence: int) -> ReadMarkOut:
    """Mark everything up to that number as read; a smaller number than before, or one not given yet, adds nothing."""
    seen = min(sequence, await last_sequence(session, caller, conversation))
    if seen and await move(session, caller, conversation, seen):
        await wake(session, conversation.id, [caller.person, *await told_to(session, caller, conversation)])
    return await read_mark(session, caller, conversation)


async def move(session: AsyncSession, caller: Caller, conversation: Conversation, sequence: int) -> bool:
    """Put the mark there. False where it stands as far already: it never moves back, whoever comes late."""
    values = {"sequence": sequence, "marked_at": datetime.now(UTC)}
    row = insert(ReadMark).values(conversation_id=conversation.id, person_id=caller.person, **values)
    statement = row.on_conflict_do_update(
        index_elements=["conversation_id", "person_id"],
        set_=values,
        where=col(ReadMark.sequence) < row.excluded.sequence,
    )
    return await session.scalar(statement.returning(col(ReadMark.sequence))) is not None


async def read_mark(session: AsyncSession, caller: Caller, conversation: Conversation) -> ReadMarkOut:
    statement = (
        marked(conversations_of(caller), caller)
        .where(col(Conversation.id) == conversation.id)
        .with_only_columns(read_sequence(), unread(caller))
    )
    read, left = (await session.execute(statement)).one()
    return ReadMarkOut(sequence=read, unread=left)
