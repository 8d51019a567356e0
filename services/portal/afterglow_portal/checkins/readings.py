"""Which therapist opened which version of a check-in: kept as it is read, told to its client."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from afterglow_foundation.callers import Caller, Role
from sqlalchemy import Integer, Result, Uuid, column, literal, select, values
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.checkins.models import CheckIn, CheckInReading
from afterglow_portal.checkins.policy import readable
from afterglow_portal.checkins.schemas import CheckInOut, Reading, Readings
from afterglow_portal.people.models import PersonCopy
from afterglow_portal.visibility import since_shared

READING = ["client_id", "check_in_id", "reader_id", "version", "first_read_at"]


async def keep_opened(session: AsyncSession, caller: Caller, check_ins: Sequence[CheckInOut]) -> list[CheckInOut]:
    """Keep that a therapist opened these, each version once, and return those that may be shown, as they may.

    The reading's foreign key locks a check-in against its client's changes until this transaction ends; what was taken
    back before that goes unread. What a client reads of their own is no reading to tell.
    """
    if caller.role != Role.therapist or not check_ins:
        return list(check_ins)
    shown = values(column("id", Uuid), column("version", Integer), name="shown")
    shown = shown.data([(one.id, one.version) for one in check_ins])
    shared = readable(caller, check_ins[0].client_id).join(shown, shown.c.id == col(CheckIn.id))
    opened = shared.with_only_columns(
        col(CheckIn.client_id), col(CheckIn.id), literal(caller.person), shown.c.version, literal(datetime.now(UTC))
    )
    keeping = insert(CheckInReading).from_select(READING, opened)
    await session.execute(keeping.on_conflict_do_nothing())
    left = await session.execute(shared.with_only_columns(col(CheckIn.id), col(CheckIn.shared_version)))
    since: dict[UUID, int] = {row.id: row.shared_version for row in left}
    return [since_shared(one, since[one.id]) for one in check_ins if one.id in since]


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
