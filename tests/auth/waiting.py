"""Wait until somebody waits for what a transaction holds."""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

BLOCKED = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))")


async def until_somebody_waits_for(session: AsyncSession) -> None:
    """Raises TimeoutError where nobody does within a minute."""
    async with asyncio.timeout(60):
        while not await session.scalar(BLOCKED):  # noqa: ASYNC110  # the database has no event for it
            await asyncio.sleep(0.01)
