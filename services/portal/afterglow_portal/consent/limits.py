"""How many check-ins a day a client wants to make at most. Pages hold to it; what was noted is never refused."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.consent.models import CheckInLimit


async def limit_of(session: AsyncSession, client: UUID) -> int | None:
    """None where there is no limit."""
    return await session.scalar(select(col(CheckInLimit.a_day)).where(col(CheckInLimit.client_id) == client))


async def set_limit(session: AsyncSession, client: UUID, a_day: int | None) -> None:
    values = {"a_day": a_day, "chosen_at": datetime.now(UTC)}
    put = insert(CheckInLimit).values(client_id=client, **values)
    await session.execute(put.on_conflict_do_update(index_elements=["client_id"], set_=values))
