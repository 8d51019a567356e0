"""Conversations come from care: opened where it begins, then found and listed through the person."""

from collections.abc import Sequence
from typing import Any, Protocol, cast
from uuid import UUID

from afterglow_foundation.audit import event_values
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.errors import NotFound, Refusal
from afterglow_foundation.identifiers import new_id
from sqlalchemy import ColumnElement, CursorResult, Row, Select, and_, case, func, insert, literal, or_, select
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.base import AuditEvent
from afterglow_messaging.care_teams.members import Membership, members_of, memberships
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.policy import conversations_of, is_open, is_treated, treated
from afterglow_messaging.conversations.schemas import ConversationOut, ConversationPage, PartyOut
from afterglow_messaging.messages.models import Message
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
    return out(row, await teams_of(session, [row]))


async def list_conversations(
    session: AsyncSession, caller: Caller, *, limit: int, after: UUID | None
) -> ConversationPage:
    """The caller's conversations in the order they were opened (ids grow with time)."""
    statement = described(caller).order_by(col(Conversation.id)).limit(limit + 1)
    if after:
        statement = statement.where(col(Conversation.id) > after)
    rows = (await session.execute(statement)).all()
    teams = await teams_of(session, rows[:limit])
    items = [out(row, teams) for row in rows[:limit]]
    return ConversationPage(items=items, next=items[-1].id if len(rows) > limit else None)


async def teams_of(session: AsyncSession, rows: Sequence[Row[Any]]) -> list[Membership]:
    """Asked for only where one of these is the conversation of a care team."""
    return await memberships(
        session, [row.Conversation.client_id for row in rows if row.Conversation.therapist_id is None]
    )


def described(caller: Caller) -> Select[Any]:
    """The caller's conversations with the names, what is unread and, where the caller cannot write, why not."""
    client, therapist = aliased(PersonCopy), aliased(PersonCopy)
    ended = select(func.max(col(CareRelationship.ended_at))).where(*treated(caller)).correlate(Conversation)
    return (
        marked(conversations_of(caller), caller)
        .join(client, col(client.id) == col(Conversation.client_id))
        .outerjoin(therapist, col(therapist.id) == col(Conversation.therapist_id))
        .add_columns(col(client.name).label("client"), col(therapist.name).label("therapist"))
        .add_columns(is_open(caller).label("is_open"), is_treated(caller).label("is_treated"))
        .add_columns(ended.scalar_subquery().label("ended_at"))
        .add_columns(read_sequence().label("read_sequence"), unread(caller).label("unread"))
        .add_columns(*ends(caller))
    )


def ends(caller: Caller) -> list[ColumnElement[Any]]:
    """Number and time of the newest message, in a care team of the newest that is for this therapist."""
    theirs = and_(col(Conversation.therapist_id).is_(None), literal(caller.role != Role.client))
    of_conversation = col(Message.conversation_id) == col(Conversation.id)
    number = select(func.max(col(Message.sequence))).where(of_conversation).correlate(Conversation)
    time = select(func.max(col(Message.sent_at))).where(of_conversation).correlate(Conversation)
    return [
        case((theirs, number.scalar_subquery()), else_=col(Conversation.last_sequence)).label("last_sequence"),
        case((theirs, time.scalar_subquery()), else_=col(Conversation.last_message_at)).label("last_message_at"),
    ]


async def last_sequence(session: AsyncSession, caller: Caller, conversation: Conversation) -> int:
    """The number of the newest message that is for this caller; 0 where there is none."""
    newest = select(ends(caller)[0]).where(col(Conversation.id) == conversation.id)
    return await session.scalar(newest) or 0


def parties(row: Row[Any], teams: Sequence[Membership]) -> dict[str, Any]:
    """Who is in a conversation, as answers name them."""
    conversation: Conversation = row.Conversation
    therapist = conversation.therapist_id
    return {
        "client": PartyOut(id=conversation.client_id, name=row.client),
        "therapist": PartyOut(id=therapist, name=row.therapist) if therapist else None,
        "team": [] if therapist else members_of(conversation.client_id, teams),
    }


def out(row: Row[Any], teams: Sequence[Membership]) -> ConversationOut:
    conversation: Conversation = row.Conversation
    return ConversationOut(
        id=conversation.id,
        **parties(row, teams),
        last_message_at=row.last_message_at,
        closed=None if row.is_open else "switched_off" if row.is_treated else "care_ended",
        closed_at=None if row.is_treated else row.ended_at,
        last_sequence=row.last_sequence or 0,
        read_sequence=row.read_sequence,
        unread=row.unread,
    )
