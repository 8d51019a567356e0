"""Which therapist opened which version of a check-in: kept as it is read, told to its client."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from afterglow_foundation.callers import Caller, Role
from sqlalchemy import Result, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.checkins.models import CheckIn, CheckInReading
from afterglow_portal.checkins.policy import readable
from afterglow_portal.checkins.schemas import CheckInOut, Reading, Readings
from afterglow_portal.people.models import PersonCopy


async def keep_opened(session: AsyncSession, caller: Caller, check_ins: Sequence[CheckInOut]) -> None:
    """Keep that a therapist opened these, each version once; what a client reads of their own is no reading to tell."""
    if caller.role != Role.therapist or not check_ins:
        return
    now = datetime.now(UTC)
    opened = [
        {
            "client_id": one.client_id,
            "check_in_id": one.id,
            "reader_id": caller.person,
            "version": one.version,
            "first_read_at": now,
        }
        for one in check_ins
    ]
    await session.execute(insert(CheckInReading).values(opened).on_conflict_do_nothing())


async def was_opened(session: AsyncSession, client: UUID, check_in_id: UUID) -> bool:
    reading = select(col(CheckInReading.reader_id)).where(
        col(CheckInReading.client_id) == client, col(CheckInReading.check_in_id) == check_in_id
    )
    return await session.scalar(reading.limit(1)) is not None


async def find_readings(session: AsyncSession, caller: Caller, check_in_id: UUID) -> Readings | None:
    """Who opened the caller's own check-in, the earliest first; a name only of somebody they still know here."""
    own = readable(caller, caller.person).where(col(CheckIn.id) == check_in_id)
    if await session.scalar(own.with_only_columns(col(CheckIn.id))) is None:
        return None
    reading = CheckInReading
    found: Result[Any] = await session.execute(
        select(
            col(reading.reader_id),
            col(PersonCopy.name).label("reader_name"),
            col(reading.version),
            col(reading.first_read_at),
        )
        .outerjoin(PersonCopy, col(PersonCopy.id) == col(reading.reader_id))
        .where(col(reading.client_id) == caller.person, col(reading.check_in_id) == check_in_id)
        .order_by(col(reading.first_read_at), col(reading.reader_id), col(reading.version))
    )
    return Readings(items=[Reading.model_validate(row, from_attributes=True) for row in found])
