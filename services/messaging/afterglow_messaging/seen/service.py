"""Choose whether others learn what one has read, and learn it of them."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.callers import Caller
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.policy import conversations_of
from afterglow_messaging.live.waking import wake_all
from afterglow_messaging.read_marks.models import ReadMark
from afterglow_messaging.seen.models import SeenChoice
from afterglow_messaging.seen.policy import choice_of, seen_marks, told_in_conversations
from afterglow_messaging.seen.schemas import SeenChoiceBody, SeenMark


async def choice(session: AsyncSession, caller: Caller) -> SeenChoiceBody:
    held = await session.scalar(choice_of(caller).execution_options(populate_existing=True))
    return SeenChoiceBody(tells=held is not None and held.tells)


async def choose(session: AsyncSession, caller: Caller, wanted: SeenChoiceBody) -> bool:
    """Keep what is wanted from now on, and let every page that shows it look again. False if it was so already."""
    if await choice(session, caller) == wanted:
        return False
    values = {"tells": wanted.tells, "chosen_at": datetime.now(UTC)}
    put = insert(SeenChoice).values(person_id=caller.person, **values)
    await session.execute(put.on_conflict_do_update(index_elements=["person_id"], set_=values))
    await wake_all(session, conversations_of(caller))
    return True


async def seen_mark(session: AsyncSession, caller: Caller, conversation: Conversation) -> SeenMark:
    """How far the other one has read in a conversation of the caller's."""
    mark = seen_marks(caller).where(col(Conversation.id) == conversation.id)
    sequence = await session.scalar(mark.with_only_columns(col(ReadMark.sequence)))
    return SeenMark(tells=(await choice(session, caller)).tells, sequence=sequence)


async def told_to(session: AsyncSession, caller: Caller, conversation: Conversation) -> list[UUID]:
    """Who learns there that the caller's mark moved: the other one, or nobody."""
    told = told_in_conversations(caller).where(col(Conversation.id) == conversation.id)
    return list(await session.scalars(told.with_only_columns(col(SeenChoice.person_id))))
