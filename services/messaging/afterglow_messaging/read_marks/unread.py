"""What is unread: others' messages after one's own mark, counted from the store itself."""

from typing import Any
from uuid import UUID

from afterglow_foundation.callers import Caller
from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.policy import conversations_of
from afterglow_messaging.covers.lines import heard_of_covers
from afterglow_messaging.messages.models import Message
from afterglow_messaging.read_marks.models import ReadMark
from afterglow_messaging.read_marks.schemas import UnreadConversation, UnreadOut


def marked(conversations: Select[Any], caller: Caller) -> Select[Any]:
    """The conversations with the caller's mark beside each, where there is one."""
    own = and_(col(ReadMark.conversation_id) == col(Conversation.id), col(ReadMark.person_id) == caller.person)
    return conversations.outerjoin(ReadMark, own)


def read_sequence() -> ColumnElement[int]:
    """Of a `marked` conversation: how far its reader is.

    Not `coalesce`: PostgreSQL does not count it among what cannot leak, so under row-level security the index of
    messages would not be searched by it (tests/messaging/test_plans.py).
    """
    return case((col(ReadMark.sequence).is_(None), 0), else_=col(ReadMark.sequence))


def unread(caller: Caller) -> ScalarSelect[int]:
    """Of a `marked` conversation: how many of others' messages come after the mark, withdrawn ones apart."""
    return (
        select(func.count())
        .select_from(Message)
        .where(
            col(Message.conversation_id) == col(Conversation.id),
            col(Message.sequence) > read_sequence(),
            col(Message.sender_id) != caller.person,
            col(Message.withdrawn_at).is_(None),
        )
        .correlate(Conversation, ReadMark)
        .scalar_subquery()
    )


def unfinished(caller: Caller) -> Select[UUID, UUID, int]:
    """The caller's conversations that go on after their mark, each with what is unread: perhaps nothing."""
    return (
        marked(conversations_of(caller), caller)
        .where(col(Conversation.last_sequence) > read_sequence())
        .with_only_columns(col(Conversation.id), col(Conversation.client_id), unread(caller).label("unread"))
        .order_by(col(Conversation.id))
    )


async def count_unread(session: AsyncSession, caller: Caller) -> UnreadOut:
    """All of the caller's conversations that hold something unread."""
    rows = (await session.execute(unfinished(caller))).all()
    counted = [UnreadConversation.model_validate(row, from_attributes=True) for row in rows if row.unread]
    return UnreadOut(
        total=sum(each.unread for each in counted),
        conversations=counted,
        covers_as_of=await heard_of_covers(session, caller),
    )
