"""Whose turn it is among jobs that share something slow."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from afterglow_foundation.jobs.handling import Job

BEFORE = text("""
    SELECT count(*) FILTER (WHERE other.status = 'picked'), count(*)
    FROM jobs.pgqueuer mine JOIN jobs.pgqueuer other ON other.entrypoint = mine.entrypoint AND other.id <> mine.id
    WHERE mine.id = :id AND convert_from(other.payload, 'UTF8')::jsonb ->> CAST(:key AS text) = CAST(:value AS text)
    AND CASE other.status
        WHEN 'picked' THEN (other.updated, other.id) < (mine.updated, mine.id)
        WHEN 'queued' THEN other.attempts = 0 AND other.id < mine.id
        ELSE false END
""")


@dataclass(frozen=True, slots=True)
class Line:
    """How many jobs of the same kind run since earlier, and how many are before this one, with those."""

    running: int
    before: int


async def line_before(connection: AsyncConnection, job: Job, key: str) -> Line:
    """Of the jobs of this name that have the same under `key` in their payload, in all workers together.

    What has failed and waits to be tried again is not before anybody. Two that are taken in the same moment by
    different workers may both see nobody.
    """
    values = {"id": job.id, "key": key, "value": job.payload[key]}
    running, before = (await connection.execute(BEFORE, values)).one()
    return Line(running, before)
