"""Letters from the transaction that promises them to the mailbox, through real jobs and a real SMTP server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from afterglow_auth.accounts import service as accounts
from afterglow_auth.accounts.models import Person
from afterglow_auth.mail.delivering import deliver
from afterglow_auth.mail.sending import SEND_LETTER
from afterglow_auth.main import assemble, create
from afterglow_auth.push.forgetting import FORGET_BROWSERS, forget_browsers
from afterglow_auth.settings import Settings
from afterglow_foundation import jobs
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.testing.databases import MigratedDatabase
from afterglow_operator.mailbox.reading import KeptMail, kept_mails
from afterglow_operator.mailbox.receiving import Doorway, Keeping, listen
from afterglow_operator.ports import free_ports
from aiosmtpd.smtp import SMTP
from sqlalchemy import text

from tests.auth.arranging import add_person, open_browser

QUICK = jobs.Patience(tries=40, first_pause=timedelta(milliseconds=50), longest_pause=timedelta(milliseconds=200))


@pytest.fixture
def mail_settings(settings_values: dict[str, Any], committed: MigratedDatabase) -> Settings:
    """Auth with a mail server that may or may not be there."""
    return Settings(
        **settings_values
        | {
            "database_url": committed.app_url,
            "worker_database_url": committed.urls["auth_worker"],
            "token_hashing_key": "only for these tests",
            "smtp_port": free_ports(1)[0],
            "smtp_tls": "none",
        }
    )


@pytest_asyncio.fixture(loop_scope="session")
async def worker_database(committed: MigratedDatabase, committed_superuser: Database) -> AsyncIterator[Database]:
    """As the worker role, on empty queues."""
    async with committed_superuser.engine.begin() as connection:
        await connection.execute(text("TRUNCATE jobs.pgqueuer, jobs.pgqueuer_log"))
    database = Database.connect(committed.urls["auth_worker"], pool_size=5)
    yield database
    await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def closed_account(worker_database: Database) -> Person:
    """Somebody whose account was just closed, and who is to be told."""
    async with worker_database.unit_of_work(RowContext()) as session:
        person = await add_person(session, "client")
    async with worker_database.unit_of_work(RowContext()) as session:
        await accounts.disable(session, person.id)
    return person


@asynccontextmanager
async def working(settings: Settings, database: Database) -> AsyncIterator[None]:
    handlers: dict[str, jobs.Handler] = {
        FORGET_BROWSERS: forget_browsers,  # closing an account asks for it too
        SEND_LETTER: partial(deliver, assemble(settings, database)),
    }
    worker = jobs.Worker(database, handlers, patience=QUICK)
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        await worker.stop()
        await task


async def arriving(folder: Path, within: float = 60.0) -> list[KeptMail]:
    async with asyncio.timeout(within):
        while not kept_mails(folder):  # noqa: ASYNC110  # a file appears
            await asyncio.sleep(0.05)
    return kept_mails(folder)


async def states(database: Database) -> dict[str, int]:
    async with database.autocommitting() as connection:
        return {each.state: each.number for each in await jobs.count(connection)}


async def test_while_the_server_is_down_letters_wait_and_then_arrive_once(
    mail_settings: Settings, worker_database: Database, closed_account: Person, tmp_path: Path
):
    async with working(mail_settings, worker_database):
        await asyncio.sleep(1)
        assert set(await states(worker_database)) <= {"waiting", "running"}
        doorway = Doorway(folder=tmp_path, host="127.0.0.1", port=mail_settings.smtp_port)
        async with await listen(doorway):
            await arriving(tmp_path)
            await asyncio.sleep(1)
    [mail] = kept_mails(tmp_path)
    assert mail.to == closed_account.email
    assert closed_account.name not in mail.file.read_text()
    assert await states(worker_database) == {}


async def test_what_the_server_refuses_for_good_is_kept_and_not_tried_again(
    mail_settings: Settings, worker_database: Database, closed_account: Person, tmp_path: Path
):
    asked: list[str] = []

    class Refusing(Keeping):
        async def handle_RCPT(self, _server: Any, _session: Any, _envelope: Any, address: str, _options: Any) -> str:  # noqa: N802  # aiosmtpd's hook
            asked.append(address)
            return "550 5.1.1 no such user"

    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Refusing(tmp_path), hostname="localhost", loop=loop), "127.0.0.1", mail_settings.smtp_port
    )
    async with server, working(mail_settings, worker_database):
        async with asyncio.timeout(60):
            while await states(worker_database) != {"dead": 1}:  # noqa: ASYNC110  # a database changes
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
    assert asked == [closed_account.email]
    assert await states(worker_database) == {"dead": 1}
    async with worker_database.autocommitting() as connection:
        told = (await connection.execute(text("SELECT traceback::text FROM jobs.pgqueuer_log"))).scalars().all()
    assert "HopelessError" in str(told)
    assert closed_account.email not in str(told)


async def test_the_service_itself_sends_and_counts(mail_settings: Settings, closed_account: Person, tmp_path: Path):
    app = create(mail_settings)
    doorway = Doorway(folder=tmp_path, host="127.0.0.1", port=mail_settings.smtp_port)
    async with await listen(doorway), app.router.lifespan_context(app), open_browser(app) as client:
        [mail] = await arriving(tmp_path)
        measured = ""
        async with asyncio.timeout(60):
            while 'outcome="done"' not in measured:
                measured = (await client.get("/metrics")).text
    assert mail.to == closed_account.email
    assert 'job_runs_total{job="send_letter",outcome="done"} 1.0' in measured
    assert 'jobs{job="send_letter",state="dead"} 0.0' in measured
