"""What a conversation's parties are told: from the practice's hours, and from when answers came so far."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_messaging.availability.office_hours import OfficeHours
from afterglow_messaging.availability.schemas import AnswersOut, AvailabilityOut

SAVED = text("SELECT document -> 'office_hours' FROM practice")
# A function of its own rights: it sees the therapist's other conversations, and gives back two coarse figures.
ANSWERS = text("SELECT half_within, nine_in_ten_within FROM answering_times(:conversation)")


async def availability(
    session: AsyncSession, conversation: UUID, first: OfficeHours | None, now: datetime
) -> AvailabilityOut:
    """`first` are the installation's hours, which hold until an admin has saved the practice's settings."""
    saved = (await session.execute(SAVED)).one_or_none()
    hours = OfficeHours.read(saved[0]) if saved else first
    standing = hours.at(now) if hours else None
    found = (await session.execute(ANSWERS, {"conversation": conversation})).one_or_none()
    return AvailabilityOut(
        open=standing.open if standing else None,
        closes_at=standing.closes_at if standing else None,
        opens_at=standing.opens_at if standing else None,
        answers=AnswersOut(half_within=found[0], nine_in_ten_within=found[1]) if found else None,
    )
