"""List what waits for an answer, say that something needs none, and set by when one wants to answer."""

from datetime import UTC, datetime, timedelta

from afterglow_foundation.callers import Caller
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_messaging.answering.models import AnswerTarget, NoAnswerNeeded
from afterglow_messaging.answering.policy import waiting_for
from afterglow_messaging.answering.schemas import AnswerTargetBody, WaitingList, WaitingOut
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.schemas import PartyOut
from afterglow_messaging.conversations.service import last_sequence


async def waiting(session: AsyncSession, caller: Caller) -> WaitingList:
    """One statement, however many wait."""
    rows = await session.execute(waiting_for(caller))
    items = [
        WaitingOut(
            id=row.id,
            client=PartyOut(id=row.client_id, name=row.name),
            care_team=row.therapist_id is None,
            since=row.since,
            messages=row.messages,
            last_sequence=row.last_sequence,
            answer_by=row.since + timedelta(hours=row.hours) if row.hours else None,
        )
        for row in rows
    ]
    return WaitingList(items=items)


async def needs_no_answer(session: AsyncSession, caller: Caller, conversation: Conversation, sequence: int) -> bool:
    """Take it off the list, up to that message. False where that was said already; it never goes back."""
    last = await last_sequence(session, caller, conversation)
    values = {"sequence": min(sequence, last), "said_at": datetime.now(UTC)}
    row = insert(NoAnswerNeeded).values(conversation_id=conversation.id, therapist_id=caller.person, **values)
    put = row.on_conflict_do_update(
        index_elements=["conversation_id", "therapist_id"],
        set_=values,
        where=col(NoAnswerNeeded.sequence) < row.excluded.sequence,
    )
    return await session.scalar(put.returning(col(NoAnswerNeeded.sequence))) is not None


async def target(session: AsyncSession, caller: Caller) -> AnswerTargetBody:
    held = await session.get(AnswerTarget, caller.person, populate_existing=True)
    return AnswerTargetBody(hours=held.hours if held else None)


async def set_target(session: AsyncSession, caller: Caller, wanted: AnswerTargetBody) -> bool:
    """It holds for what waits now, too. False if it was so already."""
    if await target(session, caller) == wanted:
        return False
    if wanted.hours is None:
        await session.execute(delete(AnswerTarget).where(col(AnswerTarget.therapist_id) == caller.person))
        return True
    values = {"hours": wanted.hours, "chosen_at": datetime.now(UTC)}
    put = insert(AnswerTarget).values(therapist_id=caller.person, **values)
    await session.execute(put.on_conflict_do_update(index_elements=["therapist_id"], set_=values))
    return True
