"""How many jobs wait, run and have been given up; for metrics and for `afterglow doctor`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from prometheus_client import Counter, Gauge
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from afterglow_foundation.database import Database
from afterglow_foundation.telemetry import Metrics

STATES = {"queued": "waiting", "picked": "running", "failed": "dead"}
COUNTED = text("""
    SELECT entrypoint, status::text, count(*),
           max(now() - execute_after) FILTER (WHERE status = 'queued' AND execute_after < now())
    FROM jobs.pgqueuer GROUP BY 1, 2 ORDER BY 1, 2
""")


@dataclass(frozen=True, slots=True)
class JobCount:
    """Jobs of one name in one state (waiting, running or dead); `late` is how long the oldest is overdue."""

    name: str
    state: str
    number: int
    late: timedelta


async def count(connection: AsyncConnection) -> list[JobCount]:
    """Counts by name and state, read as the worker role."""
    rows = (await connection.execute(COUNTED)).all()
    return [JobCount(name, STATES.get(state, state), number, late or timedelta()) for name, state, number, late in rows]


class JobMetrics:
    """`jobs` by name and state as the database has them when asked, and `job_runs` of this process by outcome."""

    def __init__(self, metrics: Metrics, database: Database, names: Sequence[str]) -> None:
        self.database = database
        self.names = names
        self.jobs = Gauge("jobs", "Jobs in the queue", ("job", "state"), registry=metrics.registry)
        self.runs = Counter("job_runs", "Jobs run by this process", ("job", "outcome"), registry=metrics.registry)
        metrics.before_reading.append(self.refresh)

    def report(self, name: str, outcome: str) -> None:
        self.runs.labels(name, outcome).inc()

    async def refresh(self) -> None:
        async with self.database.autocommitting() as connection:
            counted = await count(connection)
        self.jobs.clear()
        for name in self.names:
            for state in STATES.values():
                self.jobs.labels(name, state).set(0)
        for each in counted:
            self.jobs.labels(each.name, each.state).set(each.number)
