"""Running one job: how long it may take, when it is tried again, and when it is given up."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NoReturn

import structlog
from pgqueuer.core.executors import AbstractEntrypointExecutor
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Context
from pgqueuer.domain.models import Job as QueuedJob
from sqlalchemy import text

from afterglow_foundation.database import Database
from afterglow_foundation.telemetry import frames_of

logger = structlog.get_logger()
Report = Callable[[str, str], None]
Interruptions = Callable[[int], Awaitable[int]]
AFTER_ALL = -100  # the priority of what was put off: else it would be taken again before what nobody has looked at
PUT_OFF = text("""
    UPDATE jobs.pgqueuer SET attempts = attempts - 1, priority = least(priority, :priority)
    WHERE id = :id AND status = 'picked'
""")


@dataclass(frozen=True, slots=True)
class Job:
    """What a handler is given. `tries` counts the earlier ones that failed."""

    id: int
    name: str
    payload: dict[str, Any]
    tries: int


Handler = Callable[[Database, Job], Awaitable[None]]
"""Does one job. It must bear being run twice, and end promptly when it is cancelled: within `longest` or not at all."""


class HopelessError(Exception):
    """Raised by a handler when trying again cannot help: the job becomes a dead letter at once."""


class NotNowError(Exception):
    """Raised by a handler that has not tried: this counts as no try. After `pause` the job comes after all others."""

    def __init__(self, pause: timedelta) -> None:
        super().__init__(pause)
        self.pause = pause


class InterruptedTooOftenError(HopelessError):
    """The process ended each time while this job ran: perhaps because of it."""


class GivenUpError(Exception):
    """What pgqueuer keeps of a dead letter: the kind of the fault, never its text, which may hold an address."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How often a job is tried and how long it may take.

    With these figures a job is tried for more than three days, as mail servers do among themselves. `longest` is
    shorter than `stale_after`, the time after which a job that says nothing counts as interrupted: so no two workers
    ever run the same job at the same time, even when one of them has lost the database.
    """

    tries: int = 100
    first_pause: timedelta = timedelta(seconds=2)
    longest_pause: timedelta = timedelta(hours=1)
    interruptions: int = 5
    longest: timedelta = timedelta(seconds=25)
    stale_after: timedelta = timedelta(seconds=30)

    def pause(self, failures: int) -> timedelta:
        """Doubling, bounded, and somewhere in its upper half, so that what failed together is not tried together."""
        full = min(self.first_pause.total_seconds() * 2.0**failures, self.longest_pause.total_seconds())
        return timedelta(seconds=random.uniform(full / 2, full))  # noqa: S311  # spreads load, guards nothing


@dataclass
class Handling(AbstractEntrypointExecutor):
    """Runs the jobs of one name."""

    handler: Handler
    database: Database
    patience: Patience
    interruptions: Interruptions
    report: Report
    running: set[asyncio.Task[None]] = field(default_factory=set)
    stopping: bool = False

    async def execute(self, job: QueuedJob, context: Context) -> None:  # noqa: ARG002  # pgqueuer's signature
        """Run the handler once. Raises RetryRequested to have it tried again, GivenUpError to have it kept as dead.

        The handler runs in a task of its own, because pgqueuer drops a job whose own task is cancelled.
        """
        task = asyncio.create_task(self.attempt(job))
        self.running.add(task)
        try:
            await asyncio.wait({task}, timeout=self.patience.longest.total_seconds())
        except asyncio.CancelledError:
            self.stopping = True
        finally:
            self.running.discard(task)
            await end(task)
        if not task.cancelled() and isinstance(put_off := task.exception(), NotNowError):
            await self.put_off(job, put_off)
        self.judge(job, task)

    async def put_off(self, job: QueuedJob, asked: NotNowError) -> NoReturn:
        async with self.database.autocommitting() as connection:
            await connection.execute(PUT_OFF, {"id": job.id, "priority": AFTER_ALL})  # pgqueuer is about to count it
        raise RetryRequested(asked.pause, "not now")

    async def attempt(self, job: QueuedJob) -> None:
        if await self.interruptions(job.id) > self.patience.interruptions:
            raise InterruptedTooOftenError
        payload = json.loads(job.payload or b"{}")
        await self.handler(self.database, Job(job.id, job.entrypoint, payload, job.attempts))

    def judge(self, job: QueuedJob, task: asyncio.Task[None]) -> None:
        if task.cancelled() and self.stopping:
            raise RetryRequested(reason="stopped")
        error = TimeoutError() if task.cancelled() else task.exception()
        if error is None:
            self.report(job.entrypoint, "done")
        else:
            self.fail(job, error)

    def fail(self, job: QueuedJob, error: BaseException) -> NoReturn:
        hopeless = isinstance(error, HopelessError) or job.attempts + 1 >= self.patience.tries
        kind = type(error).__name__
        told = {"job": job.entrypoint, "job_id": job.id, "tries": job.attempts + 1, "error_type": kind}
        if hopeless:
            self.report(job.entrypoint, "given_up")
            logger.error("job given up", **told, frames=frames_of(error))
            raise GivenUpError(kind)
        pause = self.patience.pause(job.attempts)
        self.report(job.entrypoint, "failed")
        logger.warning("job tried again", **told, in_seconds=round(pause.total_seconds(), 1), frames=frames_of(error))
        raise RetryRequested(pause, kind)


async def end(task: asyncio.Task[None]) -> None:
    """Cancel unless done, and wait."""
    task.cancel()
    await asyncio.wait({task})
