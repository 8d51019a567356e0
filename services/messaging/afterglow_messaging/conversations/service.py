"""Open, find and list conversations."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Conflict, Forbidden, NotFound, Refusal
from afterglow_foundation.sealing import DataKeyStore
from sqlalchemy import Row, Select, case, func, literal, null, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.policy import conversations_of, is_party, live_care
from afterglow_messaging.conversations.schemas import ConversationIn, ConversationOut, ConversationPage, PartyOut
from afterglow_messaging.people.models import CareRelationship, PersonCopy
from afterglow_messaging.people.policy import is_live


@dataclass(frozen=True, slots=True)
class Opened:
    """`created` is False for a replay."""

    conversation: ConversationOut
    created: bool


async def open_conversation(
    session: AsyncSession, store: DataKeyStore, caller: Caller, conversation_id: UUID, wanted: ConversationIn
) -> Opened:
    """Create the pair's one conversation with its data key, or find it again.

    Raises Forbidden for another's pair or one without live care, Conflict when the pair has another
    conversation or the id was used for another pair, and NotFound when the id is somebody else's.
    """
    refusal = Refusal(AuditAction.conversation_opened, conversation_id)
    if not is_party(caller, wanted.client_id, wanted.therapist_id):
        raise Forbidden("You can only open a conversation of your own.", refusal=refusal)
    created = False
    existing = await find_pair(session, caller, wanted)
    if existing is None:
        created = await insert_conversation(session, caller, conversation_id, wanted)
        existing = await find_pair(session, caller, wanted)
    if existing is None:
        await explain_refusal(session, caller, conversation_id, wanted, refusal)
    elif existing.id != conversation_id:
        raise Conflict(f"The two of you already have a conversation: {existing.id}")
    if created:
        await store.find_or_make(session, conversation_id)
    return Opened(await find_conversation(session, caller, conversation_id), created)


async def find_pair(session: AsyncSession, caller: Caller, wanted: ConversationIn) -> Conversation | None:
    statement = conversations_of(caller).where(
        col(Conversation.client_id) == wanted.client_id, col(Conversation.therapist_id) == wanted.therapist_id
    )
    return await session.scalar(statement)


async def insert_conversation(
    session: AsyncSession, caller: Caller, conversation_id: UUID, wanted: ConversationIn
) -> bool:
    """Insert where care lives at this very moment; False when it does not, or when somebody was faster."""
    values = select(
        literal(conversation_id), literal(wanted.client_id), literal(wanted.therapist_id), func.now(), literal(0)
    ).where(live_care(wanted.client_id, wanted.therapist_id), is_live(caller))
    columns = ["id", "client_id", "therapist_id", "created_at", "last_sequence"]
    statement = insert(Conversation).from_select(columns, values).on_conflict_do_nothing()
    made = await session.execute(statement.returning(col(Conversation.id)))
    return made.first() is not None


async def explain_refusal(
    session: AsyncSession, caller: Caller, conversation_id: UUID, wanted: ConversationIn, refusal: Refusal
) -> None:
    """Raise for a pair that has no conversation and got none."""
    if not await session.scalar(select(live_care(wanted.client_id, wanted.therapist_id))):
        raise Forbidden("A conversation needs a therapist and a client who are in care together.", refusal=refusal)
    own = conversations_of(caller).where(col(Conversation.id) == conversation_id)
    if (await session.execute(own)).first():
        raise Conflict("This id belongs to another conversation of yours.")
    raise NotFound(refusal=refusal)


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
    """The caller's conversations with both names and, where care ended, the time it did."""
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
        conversations_of(caller)
        .join(client, col(client.id) == client_id)
        .join(therapist, col(therapist.id) == therapist_id)
        .add_columns(col(client.name).label("client"), col(therapist.name).label("therapist"))
        .add_columns(closed_at.label("closed_at"))
    )


def out(row: Row[Any]) -> ConversationOut:
    conversation: Conversation = row.Conversation
    return ConversationOut(
        id=conversation.id,
        client=PartyOut(id=conversation.client_id, name=row.client),
        therapist=PartyOut(id=conversation.therapist_id, name=row.therapist),
        last_message_at=conversation.last_message_at,
        closed_at=row.closed_at,
    )
