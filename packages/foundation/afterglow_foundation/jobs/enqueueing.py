"""Promising a job in the caller's transaction."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_foundation.jobs.queue import driver_of, queries_on


async def enqueue(
    session: AsyncSession, name: str, payload: Mapping[str, Any], *, after: timedelta | None = None
) -> int:
    """Have `name` done with `payload` once the caller's transaction commits; not at all when it rolls back.

    `payload` is small JSON without a secret and without content: ids. `after` counts from the transaction's start.
    Returns the job's id.
    """
    connection = await session.connection()
    # SQLAlchemy begins with the first statement on the connection; pgqueuer, going past it, would commit by itself.
    await connection.execute(text("SELECT 1"))
    queries = queries_on(await driver_of(connection))
    [job_id] = await queries.enqueue(name, json.dumps(payload).encode(), execute_after=after)
    return int(job_id)


async def enqueue_each(
    session: AsyncSession, name: str, payloads: Sequence[Mapping[str, Any]], *, priority: int = 0
) -> None:
    """Many jobs of one name, in one statement. Those of a higher `priority` are taken first."""
    if not payloads:
        return
    connection = await session.connection()
    await connection.execute(text("SELECT 1"))  # as above
    queries = queries_on(await driver_of(connection))
    encoded: list[bytes | None] = [json.dumps(payload).encode() for payload in payloads]
    await queries.enqueue([name] * len(encoded), encoded, [priority] * len(encoded))
