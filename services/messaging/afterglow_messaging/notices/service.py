"""What somebody wants to be told of: read and chosen."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_messaging.notices.models import NoticeChoice
from afterglow_messaging.notices.schemas import NoticeChoices


async def choices_of(session: AsyncSession, person: UUID) -> NoticeChoices:
    held = await session.get(NoticeChoice, person, populate_existing=True)
    return NoticeChoices(messages=True if held is None else held.messages)


async def choose(session: AsyncSession, person: UUID, wanted: NoticeChoices) -> bool:
    """Keep what is wanted from now on; False if it was so already."""
    if await choices_of(session, person) == wanted:
        return False
    values = wanted.model_dump() | {"chosen_at": datetime.now(UTC)}
    put = insert(NoticeChoice).values(person_id=person, **values)
    await session.execute(put.on_conflict_do_update(index_elements=["person_id"], set_=values))
    return True
