"""Conversations come from care: opened where it begins, then found and listed through the person."""

from typing import Any, Protocol, cast
from uuid import UUID

from afterglow_foundation.audit import event_values
from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import NotFound, Refusal
from afterglow_foundation.identifiers import new_id
from sqlalchemy import CursorResult, Row, Select, case, func, insert, literal, null, or_, select
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.base import AuditEvent
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.policy import conversations_of, live_care
from afterglow_messaging.conversations.schemas import ConversationOut, ConversationPage, PartyOut
from afterglow_messaging.people.models import CareRelationship, PersonCopy
from afterglow_messaging.read_marks.unread import marked, read_sequence, unread


class Relationship(Protocol):
    """What is needed of a care relationship's fact."""

    @property
    def id(self) -> UUID: ...
    @property
    def client_id(self) -> UUID: ...


async def open_for_care(session: AsyncSession, relationship: Relationship) -> None:
    """Make the pair's one conversation once this relationship's fact was applied. Runs as the worker role.

    Does nothing where care has ended or the pair has a conversation already; two workers at once make one.
    """
    care = CareRelationship
    conversation_id = new_id()
    pair = select(literal(conversation_id), col(care.client_id), col(care.therapist_id), func.now(), literal(0)).where(
        col(care.id) == relationship.id, or_(col(care.ended_at).is_(None), col(care.ended_at) > func.now())
    )
    columns = ["id", "client_id", "therapist_id", "created_at", "last_sequence"]
    # Which conflict is not named: naming one would need the right to read conversations.
    statement = insert_or(Conversation).from_select(columns, pair).on_conflict_do_nothing()
    made = cast("CursorResult[Any]", await session.execute(statement))
    if made.rowcount:
        subject = relationship.client_id
        event = event_values(None, AuditAction.conversation_opened, object_id=conversation_id, subject_id=subject)
        await session.execute(insert(AuditEvent).values(**event))


async def find_conversation(session: AsyncSession, caller: Caller, conversation_id: UUID) -> ConversationOut:
    """Raise NotFound, audited, for one that is not the caller's."""
    statement = described(caller).where(col(Conversation.id) == conversation_id)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound(refusal=Refusal(AuditAction.conversation_read, conversation_id))
    return out(row)


async def list_conversations(
    session: AsyncSession, caller: Caller, *, limit: int, after: UUID | None
) -> ConversationPage:
    """The caller's conversations in the order they were opened (ids grow with time)."""
    statement = described(caller).order_by(col(Conversation.id)).limit(limit + 1)
    if after:
        statement = statement.where(col(Conversation.id) > after)
    rows = (await session.execute(statement)).all()
    items = [out(row) for row in rows[:limit]]
    return ConversationPage(items=items, next=items[-1].id if len(rows) > limit else None)


def described(caller: Caller) -> Select[Any]:
    """The caller's conversations with both names, what is unread and, where care ended, the time it did."""
    client, therapist = aliased(PersonCopy), aliased(PersonCopy)
    client_id, therapist_id = col(Conversation.client_id), col(Conversation.therapist_id)
    ended = (
        select(func.max(col(CareRelationship.ended_at)))
        .where(col(CareRelationship.client_id) == client_id, col(CareRelationship.therapist_id) == therapist_id)
        .correlate(Conversation)
        .scalar_subquery()
    )
    closed_at = case((live_care(client_id, therapist_id), null()), else_=ended)
    return (
        marked(conversations_of(caller), caller)
        .join(client, col(client.id) == client_id)
        .join(therapist, col(therapist.id) == therapist_id)
        .add_columns(col(client.name).label("client"), col(therapist.name).label("therapist"))
        .add_columns(closed_at.label("closed_at"))
        .add_columns(read_sequence().label("read_sequence"), unread(caller).label("unread"))
    )


def out(row: Row[Any]) -> ConversationOut:
    conversation: Conversation = row.Conversation
    return ConversationOut(
        id=conversation.id,
        client=PartyOut(id=conversation.client_id, name=row.client),
        therapist=PartyOut(id=conversation.therapist_id, name=row.therapist),
        last_message_at=conversation.last_message_at,
        closed_at=row.closed_at,
        last_sequence=conversation.last_sequence,
        read_sequence=row.read_sequence,
        unread=row.unread,
    )
