"""Care that was planned to end."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.jobs import Job

from afterglow_auth.care.models import CareRelationship
from afterglow_auth.care.service import end


async def end_later(database: Database, job: Job) -> None:
    """The handler of `end_care` jobs; `database` is the worker role's. Raises LookupError before its time."""
    async with database.unit_of_work(RowContext()) as session:
        found = await session.get(CareRelationship, UUID(job.payload["care"]))
        if found is None or found.ended_at or found.ends_at is None:
            return
        if found.ends_at > datetime.now(UTC):
            raise LookupError("the care does not end yet")
        await end(session, found.id)
