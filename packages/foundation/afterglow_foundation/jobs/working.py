"""The worker: takes jobs, hands them to their handlers, and outlives a database that goes away for a while."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import structlog
from fastapi import FastAPI
from pgqueuer.core.executors import EntrypointExecutorParameters
from pgqueuer.core.qm import QueueManager
from sqlalchemy import text

from afterglow_foundation.app import Lifespan
from afterglow_foundation.database import Database
from afterglow_foundation.jobs.counting import JobMetrics
from afterglow_foundation.jobs.handling import Handler, Handling, Patience, Report
from afterglow_foundation.jobs.queue import CHANNEL, driver_of, queries_on
from afterglow_foundation.telemetry import frames_of

logger = structlog.get_logger()
logging.getLogger("pgqueuer").setLevel(logging.WARNING)  # retries and their reason are logged by us
CONNECTIONS = 5  # one that listens; the others for handlers
LONGEST_STATEMENT = 20.0  # a database that has vanished without a word is noticed
AT_ONCE = 8
LOOKS = 3  # in the time after which a job counts as interrupted: nothing tells of those
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
PARTING = 1.0  # how long running jobs may still take when the service ends
KEPT_FOR = timedelta(days=30)
SWEEP_EVERY = timedelta(hours=1)
INTERRUPTED = """
    SELECT count(*) - 1 FROM jobs.pgqueuer_log l WHERE l.job_id = $1 AND l.status = 'picked' AND l.id > coalesce(
        (SELECT max(q.id) FROM jobs.pgqueuer_log q WHERE q.job_id = $1 AND q.status = 'queued'), 0)
"""
SWEEP = text("DELETE FROM jobs.pgqueuer_log WHERE created < now() - CAST(:kept_for AS interval)")


class Worker:
    """Runs jobs until it is stopped; any number may run, in any number of processes.

    `database` is the worker role's. `limits` are how many jobs of a name may run at the same time, in all workers
    together; the others as many as there is room for. `patience` and `report` are for metrics and tests.
    """

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, Handler],
        *,
        limits: Mapping[str, int] | None = None,
        patience: Patience | None = None,
        report: Report = lambda _name, _outcome: None,
    ) -> None:
        self.database = database
        self.handlers = dict(handlers)
        self.limits = dict(limits or {})
        self.patience = patience or Patience()
        self.report = report
        self._stopping = asyncio.Event()
        self._manager: QueueManager | None = None
        self._handlings: list[Handling] = []

    async def run(self) -> None:
        """Work until `stop`; connect anew, after a growing pause, whenever the connection is lost."""
        pause = FIRST_PAUSE
        clock = asyncio.get_running_loop()
        while not self._stopping.is_set():
            started = clock.time()
            try:
                await self._work()
            except Exception as error:  # noqa: BLE001  # whatever it was, the jobs must go on
                logger.warning("jobs wait for the database", error_type=type(error).__name__, frames=frames_of(error))
            if clock.time() - started > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def stop(self) -> None:
        """Take no more jobs; what still runs after a moment is given back, for any worker to take at once."""
        self._stopping.set()
        if self._manager:
            self._manager.shutdown.set()
        running = {task for handling in self._handlings for task in handling.running}
        if running:
            await asyncio.wait(running, timeout=PARTING)
        for handling in self._handlings:
            handling.stopping = True
        for task in running:
            task.cancel()

    async def _work(self) -> None:
        async with self.database.engine.connect() as connection:
            try:
                await self._manage(await driver_of(connection))
            finally:
                await connection.invalidate()  # it listens: nobody else may be given it

    async def _manage(self, driver: asyncpg.Connection) -> None:
        queries = queries_on(driver)

        async def interruptions(job_id: int) -> int:
            return int(str((await queries.driver.fetch(INTERRUPTED, job_id))[0]["?column?"]))

        manager = QueueManager(queries, CHANNEL)
        self._manager = manager
        self._handlings = []
        for name, handler in self.handlers.items():
            limit = self.limits.get(name, 0)
            parameters = EntrypointExecutorParameters(concurrency_limit=limit, func=unused, on_failure="hold")
            handling = Handling(parameters, handler, self.database, self.patience, interruptions, self.report)
            manager.register_executor(name, handling)
            self._handlings.append(handling)
        if self._stopping.is_set():
            return
        driver.add_termination_listener(lambda _connection: manager.shutdown.set())
        await manager.run(
            dequeue_timeout=self.patience.stale_after / LOOKS,
            batch_size=AT_ONCE,
            max_concurrent_tasks=2 * AT_ONCE,
            shutdown_on_listener_failure=True,
            heartbeat_timeout=self.patience.stale_after,
            log_aggregation_interval=timedelta(0),
        )


async def unused(_job: object) -> None:
    """Our own executor calls its handler itself; pgqueuer wants a function all the same."""


async def sweep(database: Database) -> None:
    """Forget what is known of jobs that ended a month ago; dead letters stay until somebody looks after them."""
    async with database.engine.begin() as connection:
        await connection.execute(SWEEP, {"kept_for": KEPT_FOR})


async def keep_sweeping(database: Database) -> None:
    while True:
        await asyncio.sleep(SWEEP_EVERY.total_seconds())
        try:
            await sweep(database)
        except Exception as error:  # noqa: BLE001  # tried again in an hour
            logger.warning("old job logs not deleted", error_type=type(error).__name__)


def worker(
    handlers: Mapping[str, Handler], *, limits: Mapping[str, int] | None = None, patience: Patience | None = None
) -> Lifespan:
    """A part of a service's life: a worker for these jobs, by name, as the worker role."""

    @asynccontextmanager
    async def live(app: FastAPI) -> AsyncIterator[None]:
        url = app.state.settings.worker_database_url.get_secret_value()
        database = Database.connect(url, pool_size=CONNECTIONS, longest_statement=LONGEST_STATEMENT)
        metrics = JobMetrics(app.state.metrics, database, list(handlers))
        running = Worker(database, handlers, limits=limits, patience=patience, report=metrics.report)
        working, sweeping = asyncio.create_task(running.run()), asyncio.create_task(keep_sweeping(database))
        try:
            yield
        finally:
            sweeping.cancel()
            await running.stop()
            await asyncio.wait({working, sweeping})
            await database.close()

    return live
