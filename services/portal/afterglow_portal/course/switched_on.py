"""What the therapist switched on for a client, in a course that runs: optional items of a check-in, and a watch."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.checkins.schemas import Items
from afterglow_portal.course.models import Course
from afterglow_portal.course.policy import courses_of


def running(client: UUID) -> Select[Course]:
    today = datetime.now(UTC).date()
    return courses_of(client).where(col(Course.ended_on).is_(None) | (col(Course.ended_on) >= today))


async def switched_on(session: AsyncSession, client: UUID) -> list[str]:
    """The items, in the order of the vocabulary, each once; nothing of a course that has ended."""
    named = {
        name for items in await session.scalars(running(client).with_only_columns(col(Course.items))) for name in items
    }
    return [name for name in Items.model_fields if name in named]


async def watches_energy(session: AsyncSession, client: UUID) -> bool:
    watching = running(client).where(col(Course.watch_energy)).with_only_columns(col(Course.id))
    return await session.scalar(watching.limit(1)) is not None
