"""Delivering a notice: what is asked again when its time has come, and what is never done twice."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.main import assemble
from afterglow_auth.notices import delivering
from afterglow_auth.notices.delivering import deliver_notice
from afterglow_auth.notices.models import Notice
from afterglow_auth.notices.service import SEND_NOTICE
from afterglow_auth.settings import Settings
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.jobs import Job, NotNowError
from afterglow_foundation.mail import Mail, MailError, MailRefusedError, PerhapsTakenError
from afterglow_foundation.testing.databases import RolledBackDatabase
from sqlalchemy import text

from tests.auth.notices.handing import be_quiet, notices

HOUR = timedelta(hours=1)


class Server:
    """The mail server, which takes what it is given unless `fault` says otherwise."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.fault: BaseException | None = None

    async def send(self, mail: Mail, _settings: object) -> None:
        if self.fault:
            raise self.fault
        self.mails.append(mail)


class Delivery:
    def __init__(self, settings: Settings, database: RolledBackDatabase, notice: Notice) -> None:
        self.provider = assemble(settings, database)
        self.database = database
        self.job = Job(1, SEND_NOTICE, {"service": notice.service, "id": str(notice.id)}, 0)

    async def run(self) -> None:
        async with self.database.as_role("auth_worker"):
            await deliver_notice(self.provider, self.database, self.job)

    async def standing(self) -> tuple[str, str | None]:
        [notice] = await notices(self.database)
        return notice.state, notice.reason

    async def change(self, statement: str, **values: Any) -> None:
        async with self.database.arrange() as session:
            await session.execute(text(statement), values)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()
    monkeypatch.setattr(delivering, "send", server.send)
    return server


@pytest_asyncio.fixture(loop_scope="session")
async def delivery(settings: Settings, database: RolledBackDatabase, person: Person) -> Delivery:
    """One that is due, for somebody without quiet hours."""
    now = datetime.now(UTC)
    values = {"kind": "prompt", "not_before": now - HOUR, "expires_at": now + HOUR, "taken_at": now, "send_at": now}
    notice = Notice(service="portal", id=new_id(), person_id=person.id, **values)
    await be_quiet(database, person)
    async with database.arrange() as session:
        session.add(notice)
    return Delivery(settings, database, notice)


async def test_it_goes_out_once_however_often_its_job_runs(delivery: Delivery, server: Server, person: Person):
    for _ in range(3):
        await delivery.run()
    [mail] = server.mails
    assert (mail.to, mail.subject) == (person.email, "A quiet reminder")
    assert mail.id == delivery.job.payload["id"].replace("-", "")
    assert person.name not in mail.text
    assert "/reminders" in mail.text
    assert await delivery.standing() == ("sent", None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE notices SET expires_at = now() - interval '1 second'", "expired"),
        ("UPDATE people SET disabled_at = now()", "no_account"),
        ("UPDATE people SET joined_at = NULL", "no_account"),
        ("UPDATE people SET reset_at = now()", "no_account"),
    ],
)
async def test_what_has_changed_meanwhile_counts(delivery: Delivery, server: Server, change: str, reason: str):
    await delivery.change(change)
    await delivery.run()
    assert (server.mails, await delivery.standing()) == ([], ("unsent", reason))


@pytest.mark.parametrize(("over_in", "standing"), [(30, ("waiting", None)), (90, ("unsent", "expired"))])
async def test_quiet_hours_that_began_meanwhile_put_it_off_or_make_it_too_late(
    delivery: Delivery, server: Server, person: Person, over_in: int, standing: tuple[str, str | None]
):
    now = datetime.now(ZoneInfo("Europe/Berlin"))
    hours = [(now + timedelta(minutes=minutes)).time() for minutes in (-5, over_in)]
    await be_quiet(delivery.database, person, *hours)
    if standing[0] == "waiting":
        with pytest.raises(NotNowError) as waits:
            await delivery.run()
        assert timedelta(minutes=29) < waits.value.pause < timedelta(minutes=31)
    else:
        await delivery.run()
    assert (server.mails, await delivery.standing()) == ([], standing)


async def test_before_its_time_it_waits(delivery: Delivery, server: Server):
    await delivery.change("UPDATE notices SET not_before = now() + interval '10 minutes'")
    with pytest.raises(NotNowError):
        await delivery.run()
    assert (server.mails, await delivery.standing()) == ([], ("waiting", None))


async def test_while_the_mail_server_is_away_it_waits(delivery: Delivery, server: Server):
    server.fault = MailError()
    with pytest.raises(MailError):
        await delivery.run()
    assert await delivery.standing() == ("waiting", None)
    server.fault = None
    await delivery.run()
    assert (len(server.mails), await delivery.standing()) == (1, ("sent", None))


@pytest.mark.parametrize(("fault", "reason"), [(MailRefusedError(), "refused"), (PerhapsTakenError(), "unclear")])
async def test_what_was_refused_or_perhaps_taken_is_not_sent_again(
    delivery: Delivery, server: Server, fault: Exception, reason: str
):
    server.fault = fault
    await delivery.run()
    server.fault = None
    await delivery.run()
    assert (server.mails, await delivery.standing()) == ([], ("unsent", reason))


async def test_a_worker_that_died_in_the_middle_leaves_no_second_one(delivery: Delivery, server: Server):
    server.fault = SystemExit()
    with pytest.raises(SystemExit):
        await delivery.run()
    assert await delivery.standing() == ("sending", None)
    server.fault = None
    await delivery.run()
    assert (server.mails, await delivery.standing()) == ([], ("unsent", "unclear"))
