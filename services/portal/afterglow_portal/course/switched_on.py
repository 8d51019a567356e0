"""Which optional items of a check-in a client is asked for: what the therapist switched on in a course that runs."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.checkins.schemas import Items
from afterglow_portal.course.models import Course
from afterglow_portal.course.policy import courses_of


async def switched_on(session: AsyncSession, client: UUID) -> list[str]:
    """In the order of the vocabulary, each once; nothing of a course that has ended."""
    today = datetime.now(UTC).date()
    running = courses_of(client).where(col(Course.ended_on).is_(None) | (col(Course.ended_on) >= today))
    named = {name for items in await session.scalars(running.with_only_columns(col(Course.items))) for name in items}
    return [name for name in Items.model_fields if name in named]
