"""When everything of somebody's ends, no browser of theirs is rung at any more either.

What ends it may be an admin, a link from a mail or a worker, none of whom can see anybody's browsers: a job of the same
transaction does it.
"""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation import jobs
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.jobs import Job
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.push.models import PushSubscription

FORGET_BROWSERS = "forget_browsers"


async def forget_later(session: AsyncSession, person_id: UUID) -> None:
    await jobs.enqueue(session, FORGET_BROWSERS, {"person": str(person_id), "until": datetime.now(UTC).isoformat()})


async def forget_browsers(database: Database, job: Job) -> None:
    """The handler of `forget_browsers` jobs. What was added since then stays."""
    whose, until = UUID(job.payload["person"]), datetime.fromisoformat(job.payload["until"])
    theirs = delete(PushSubscription).where(
        col(PushSubscription.person_id) == whose, col(PushSubscription.added_at) <= until
    )
    async with database.unit_of_work(RowContext()) as session:
        await session.execute(theirs)
