"""What a client wants to be reminded of: read and chosen."""

from datetime import UTC, datetime, time
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_portal.reminders.models import ReminderChoice
from afterglow_portal.reminders.planning import Wishes
from afterglow_portal.reminders.schemas import RemindersBody, RemindersOut


async def reminders_of(session: AsyncSession, client: UUID) -> RemindersOut:
    chosen = await session.get(ReminderChoice, client)
    held = chosen or Wishes()
    return RemindersOut(daily=held.daily, daily_at=held.daily_at, after_dose=held.after_dose, chosen=chosen is not None)


async def choose(session: AsyncSession, client: UUID, body: RemindersBody) -> bool:
    """Keep what is wanted from now on; False if it was so already, and then `chosen_at` stays too."""
    held = await reminders_of(session, client)
    wanted = RemindersOut(**{**body.model_dump(), "daily_at": time.fromisoformat(body.daily_at)}, chosen=True)
    if held == wanted:
        return False
    values = wanted.model_dump(exclude={"chosen"}) | {"daily_at": wanted.daily_at, "chosen_at": datetime.now(UTC)}
    put = insert(ReminderChoice).values(client_id=client, **values)
    await session.execute(put.on_conflict_do_update(index_elements=["client_id"], set_=values))
    return True
