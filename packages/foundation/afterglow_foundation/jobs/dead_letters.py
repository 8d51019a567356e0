"""Jobs that were given up: looked at, tried again or dropped by whoever looks after the installation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

DEAD = text("""
    SELECT j.id, j.entrypoint, convert_from(j.payload, 'UTF8')::jsonb, j.attempts + 1, j.created, j.updated,
           (SELECT l.traceback->>'exception_message' FROM jobs.pgqueuer_log l
            WHERE l.job_id = j.id AND l.status = 'failed' ORDER BY l.id DESC LIMIT 1)
    FROM jobs.pgqueuer j WHERE j.status = 'failed' ORDER BY j.updated DESC, j.id DESC
""")
# What pgqueuer does for one of its own commands: the tries count anew, and the log says so.
RETRY = text("""
    WITH again AS (
        UPDATE jobs.pgqueuer SET status = 'queued', execute_after = now(), updated = now(), attempts = 0
        WHERE status = 'failed' AND id = ANY(:ids) RETURNING id, entrypoint, priority
    ), logged AS (
        INSERT INTO jobs.pgqueuer_log (job_id, status, entrypoint, priority)
        SELECT id, 'queued', entrypoint, priority FROM again
    ) SELECT id FROM again ORDER BY id
""")
DROP = text("""
    WITH gone AS (
        DELETE FROM jobs.pgqueuer WHERE status = 'failed' AND id = ANY(:ids) RETURNING id, entrypoint, priority
    ), logged AS (
        INSERT INTO jobs.pgqueuer_log (job_id, status, entrypoint, priority)
        SELECT id, 'deleted', entrypoint, priority FROM gone
    ) SELECT id FROM gone ORDER BY id
""")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A job that was given up; `because` is the kind of the last fault."""

    id: int
    name: str
    payload: dict[str, Any]
    tries: int
    promised_at: datetime
    given_up_at: datetime
    because: str | None


async def dead_letters(connection: AsyncConnection) -> list[DeadLetter]:
    """The newest first, read as the worker role."""
    return [DeadLetter(*row) for row in await connection.execute(DEAD)]


async def retry(connection: AsyncConnection, ids: Sequence[int]) -> list[int]:
    """Let these be tried anew; answers which of them were dead letters. A worker takes them within seconds."""
    return list((await connection.execute(RETRY, {"ids": list(ids)})).scalars())


async def drop(connection: AsyncConnection, ids: Sequence[int]) -> list[int]:
    """Forget these for good; answers which of them were dead letters."""
    return list((await connection.execute(DROP, {"ids": list(ids)})).scalars())
