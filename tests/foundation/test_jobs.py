"""Jobs for real, on a migrated database: promised in a transaction, run once, tried again, given up, taken over."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from afterglow_foundation import jobs
from afterglow_foundation.database import Database
from afterglow_foundation.jobs.queue import driver_of, queries_on
from afterglow_foundation.testing.databases import MigratedDatabase
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

QUICK = jobs.Patience(
    tries=3,
    first_pause=timedelta(milliseconds=20),
    longest_pause=timedelta(milliseconds=50),
    longest=timedelta(seconds=1),
    stale_after=timedelta(seconds=2),
)


@pytest.fixture(scope="session")
def with_jobs(make_database: Callable[[str, str], MigratedDatabase]) -> MigratedDatabase:
    """The service that has jobs; none of its code is used."""
    return make_database("auth", "jobs")


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Database]:
    database = Database.connect(url, pool_size=5)
    try:
        yield database
    finally:
        await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def app(with_jobs: MigratedDatabase) -> AsyncIterator[Database]:
    """As the app role, on empty queues."""
    async with connected(with_jobs.superuser_url) as above, above.engine.begin() as connection:
        await connection.execute(text("TRUNCATE jobs.pgqueuer, jobs.pgqueuer_log"))
    async with connected(with_jobs.app_url) as database:
        yield database


@pytest_asyncio.fixture(loop_scope="session")
async def worker_database(with_jobs: MigratedDatabase) -> AsyncIterator[Database]:
    async with connected(with_jobs.urls["auth_worker"]) as database:
        yield database


class Done:
    """A handler that keeps what it was given, and fails as often as it is told."""

    def __init__(self, *failures: Exception, seconds: float = 0.0) -> None:
        self.failures = list(failures)
        self.seconds = seconds
        self.jobs: list[jobs.Job] = []
        self.at_once = self.most_at_once = 0

    async def __call__(self, _database: Database, job: jobs.Job) -> None:
        self.jobs.append(job)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.seconds)
            if self.failures:
                raise self.failures.pop(0)
        finally:
            self.at_once -= 1


@asynccontextmanager
async def working(
    database: Database, patience: jobs.Patience = QUICK, limits: dict[str, int] | None = None, **handlers: Any
) -> AsyncIterator[jobs.Worker]:
    worker = jobs.Worker(database, handlers, limits=limits, patience=patience)
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        await worker.stop()
        await task


async def promise(database: Database, name: str = "write", after: timedelta | None = None, **payload: Any) -> int:
    async with database.sessions() as session, session.begin():
        return await jobs.enqueue(session, name, payload, after=after)


async def counted(database: Database) -> dict[tuple[str, str], int]:
    async with database.autocommitting() as connection:
        return {(each.name, each.state): each.number for each in await jobs.count(connection)}


async def until(holds: Callable[[], bool], within: float = 60.0) -> None:
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110  # what is waited for happens in a database or a process
            await asyncio.sleep(0.01)


async def until_empty(database: Database, within: float = 60.0) -> None:
    async with asyncio.timeout(within):
        while await counted(database):  # noqa: ASYNC110  # as above
            await asyncio.sleep(0.02)


async def until_dead(database: Database) -> None:
    """Its one job has been given up; a moment in which it is not tried again."""
    async with asyncio.timeout(60):
        while await counted(database) != {("write", "dead"): 1}:  # noqa: ASYNC110  # as above
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)


async def test_what_is_rolled_back_was_never_promised(app: Database, worker_database: Database):
    session = app.sessions()
    await session.begin()  # nothing has been executed: the connection is untouched
    await jobs.enqueue(session, "write", {"page": 1})
    await session.rollback()
    await session.close()
    assert await counted(worker_database) == {}


async def test_a_savepoint_takes_its_job_back(app: Database, worker_database: Database):
    async with app.sessions() as session, session.begin():
        await jobs.enqueue(session, "write", {"page": 1})
        savepoint = await session.begin_nested()
        await jobs.enqueue(session, "write", {"page": 2})
        await savepoint.rollback()
    done = Done()
    async with working(worker_database, write=done):
        await until_empty(worker_database)
    assert [job.payload for job in done.jobs] == [{"page": 1}]


async def test_what_is_committed_is_done_once_and_at_once(app: Database, worker_database: Database):
    done, rarely = Done(), jobs.Patience(stale_after=timedelta(minutes=5))  # then it looks only every 100 seconds
    async with working(worker_database, rarely, write=done):
        await asyncio.sleep(0.3)  # it sleeps until it is told
        job_id = await promise(app, page=7)
        await until(lambda: bool(done.jobs), within=60)
        await until_empty(worker_database)
    assert done.jobs == [jobs.Job(job_id, "write", {"page": 7}, 0)]


async def test_before_the_commit_nobody_sees_it(app: Database, worker_database: Database):
    done = Done()
    async with working(worker_database, write=done):
        async with app.sessions() as session, session.begin():
            await jobs.enqueue(session, "write", {})
            await asyncio.sleep(0.4)
            assert done.jobs == []
        await until_empty(worker_database)
    assert len(done.jobs) == 1


async def test_a_delayed_job_waits(app: Database, worker_database: Database):
    done = Done()
    async with working(worker_database, write=done):
        promised = time.monotonic()
        await promise(app, after=timedelta(seconds=1))
        await until(lambda: bool(done.jobs))
        assert time.monotonic() - promised >= 1
        await until_empty(worker_database)


async def test_a_failed_job_is_tried_again_and_then_done(app: Database, worker_database: Database):
    done = Done(RuntimeError("rowan@example.org"), OSError())
    async with working(worker_database, write=done):
        await promise(app)
        await until_empty(worker_database)
    assert [job.tries for job in done.jobs] == [0, 1, 2]


async def test_a_job_that_keeps_failing_is_kept_as_dead_without_its_words(app: Database, worker_database: Database):
    done = Done(*[RuntimeError("rowan@example.org")] * 5)
    async with working(worker_database, write=done):
        await promise(app, page=3)
        await until_dead(worker_database)
    assert len(done.jobs) == 3
    assert await counted(worker_database) == {("write", "dead"): 1}
    async with worker_database.autocommitting() as connection:
        kept = (await connection.execute(text("SELECT traceback::text FROM jobs.pgqueuer_log"))).scalars().all()
        [payload] = (await connection.execute(text("SELECT payload FROM jobs.pgqueuer"))).scalars().all()
    told = " ".join(each for each in kept if each)
    assert "RuntimeError" in told
    assert "rowan" not in told
    assert json.loads(payload) == {"page": 3}


async def test_what_is_hopeless_is_not_tried_again(app: Database, worker_database: Database):
    done = Done(jobs.HopelessError())
    async with working(worker_database, write=done):
        await promise(app)
        await until_dead(worker_database)
    assert len(done.jobs) == 1
    assert await counted(worker_database) == {("write", "dead"): 1}


async def test_what_is_put_off_is_done_later_and_counts_as_no_try(app: Database, worker_database: Database):
    later = jobs.NotNowError(timedelta(milliseconds=10))
    write = Done(later, later, ConnectionError(), later, later)
    await promise(app)
    async with working(worker_database, replace(QUICK, tries=2), write=write):
        await until_empty(worker_database)
    assert [job.tries for job in write.jobs] == [0, 0, 0, 1, 1, 1]


async def test_a_dead_letter_can_be_sent_again(app: Database, worker_database: Database):
    done = Done(jobs.HopelessError())
    async with working(worker_database, write=done):
        job_id = await promise(app)
        await until_dead(worker_database)
        async with worker_database.autocommitting() as connection:
            await queries_on(await driver_of(connection)).requeue_jobs([job_id])  # type: ignore[list-item]  # its NewType
        await until(lambda: len(done.jobs) == 2)


async def test_a_job_that_takes_too_long_is_a_failure(app: Database, worker_database: Database):
    done = Done(seconds=60)
    brief = jobs.Patience(tries=1, longest=timedelta(milliseconds=100), stale_after=timedelta(seconds=2))
    async with working(worker_database, brief, write=done):
        await promise(app)
        await until_dead(worker_database)
    assert len(done.jobs) == 1
    assert done.at_once == 0
    assert await counted(worker_database) == {("write", "dead"): 1}


async def test_two_workers_share_the_work_and_never_a_job(app: Database, with_jobs: MigratedDatabase):
    one, two = Done(seconds=0.01), Done(seconds=0.01)
    async with connected(with_jobs.urls["auth_worker"]) as first, connected(with_jobs.urls["auth_worker"]) as second:
        for page in range(100):
            await promise(app, page=page)
        async with working(first, write=one), working(second, write=two):
            await until_empty(first, within=100)
    done = sorted(job.payload["page"] for job in (*one.jobs, *two.jobs))
    assert done == list(range(100))
    assert one.jobs
    assert two.jobs


async def test_what_hangs_takes_no_more_room_than_it_is_given(app: Database, worker_database: Database):
    slow, done, limits = Done(seconds=60), Done(), {"tell": 2}
    async with working(worker_database, jobs.Patience(), limits, tell=slow, write=done):
        for _ in range(20):
            await promise(app, "tell")
        await until(lambda: slow.at_once == 2)
        for _ in range(20):
            await promise(app)
        await until(lambda: len(done.jobs) == 20)
        assert slow.most_at_once == 2
    hopeless = Done(*[jobs.HopelessError()] * 20)
    async with working(worker_database, QUICK, limits, tell=hopeless):
        await until(lambda: len(hopeless.jobs) == 20)  # neither a dead letter nor a job given back keeps its room
    assert hopeless.most_at_once <= 2


async def test_what_matters_more_is_taken_first(app: Database, worker_database: Database):
    async with app.sessions() as session, session.begin():
        await jobs.enqueue_each(session, "tell", [{}] * 20, priority=-1)
    await promise(app)
    done = Done()
    async with working(worker_database, tell=done, write=done):
        await until_empty(worker_database)
    assert done.jobs[0].name == "write"


async def test_a_stopped_worker_gives_back_what_it_was_doing(app: Database, worker_database: Database):
    slow, done = Done(seconds=60), Done()
    patient = jobs.Patience()
    async with working(worker_database, patient, write=slow):
        await promise(app)
        await until(lambda: bool(slow.jobs))
    assert await counted(worker_database) == {("write", "waiting"): 1}
    async with working(worker_database, patient, write=done):
        await until_empty(worker_database)
    assert len(done.jobs) == 1


KILLED = """
import asyncio, sys
from afterglow_foundation import jobs
from afterglow_foundation.database import Database

async def hang(_database, job):
    print("running", flush=True)
    await asyncio.sleep(60)

asyncio.run(jobs.Worker(Database.connect(sys.argv[1], pool_size=3), {"write": hang}).run())
"""


async def test_a_job_cut_off_by_kill_9_is_run_again(
    app: Database, worker_database: Database, with_jobs: MigratedDatabase, tmp_path: Path
):
    program = tmp_path / "killed.py"
    program.write_text(KILLED)
    await promise(app, page=9)
    process = await asyncio.create_subprocess_exec(
        sys.executable, program, with_jobs.urls["auth_worker"], stdout=subprocess.PIPE
    )
    assert process.stdout
    assert await asyncio.wait_for(process.stdout.readline(), 30) == b"running\n"
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    done = Done()
    async with working(worker_database, write=done):
        await asyncio.sleep(0.5)
        assert done.jobs == []  # it may still be running, as far as anybody can tell
        await until_empty(worker_database, within=60)
    assert [job.payload for job in done.jobs] == [{"page": 9}]


async def test_a_job_that_ends_its_process_each_time_is_given_up(app: Database, worker_database: Database):
    job_id = await promise(app)
    async with worker_database.engine.begin() as connection:
        for _ in range(6):
            await connection.execute(
                text("""INSERT INTO jobs.pgqueuer_log (job_id, status, entrypoint, priority)
                        VALUES (:id, 'picked', 'write', 0)"""),
                {"id": job_id},
            )
    done = Done()
    async with working(worker_database, write=done):
        await until_dead(worker_database)
    assert done.jobs == []
    assert await counted(worker_database) == {("write", "dead"): 1}


async def test_a_lost_connection_is_made_anew(app: Database, worker_database: Database, with_jobs: MigratedDatabase):
    done = Done()
    async with working(worker_database, write=done), connected(with_jobs.superuser_url) as above:
        await promise(app)
        await until(lambda: len(done.jobs) == 1)
        await until_empty(worker_database)
        async with above.autocommitting() as connection:
            await connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'auth_worker'")
            )
        await promise(app)
        await until(lambda: len(done.jobs) == 2)
        await until_empty(worker_database)


async def test_the_app_enqueues_and_does_no_more(app: Database):
    await promise(app)
    for statement in (
        "SELECT payload FROM jobs.pgqueuer",
        "DELETE FROM jobs.pgqueuer",
        "UPDATE jobs.pgqueuer SET priority = 1",
        "SELECT * FROM jobs.pgqueuer_log",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with app.engine.begin() as connection:
                await connection.execute(text(statement))


async def test_the_tables_are_what_the_installed_pgqueuer_wants(with_jobs: MigratedDatabase):
    """When this fails after an upgrade of pgqueuer, a migration must do what the plan says."""
    async with connected(with_jobs.superuser_url) as above, above.autocommitting() as connection:
        plan = await queries_on(await driver_of(connection)).plan_upgrade()
    assert list(plan.statements) == []


def test_pauses_double_up_to_a_bound_and_vary():
    patience = jobs.Patience()
    pauses = [patience.pause(failures).total_seconds() for failures in range(40)]
    assert 1 <= pauses[0] <= 2
    assert 8 <= pauses[3] <= 16
    assert all(1800 <= pause <= 3600 for pause in pauses[11:])
    assert len({patience.pause(20) for _ in range(20)}) > 10
    assert patience.longest < patience.stale_after


@pytest.mark.parametrize("service", ["portal", "messaging", "web"])
def test_only_a_service_with_jobs_pays_for_them(service: str):
    """Importing pgqueuer takes about 60 ms and some megabytes."""
    program = f"import sys, afterglow_{service}.main; print('pgqueuer' in sys.modules, 'aiosmtplib' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False", "False"]
