"""Services hand notices over: once each, and hear what became of them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.housekeeping import forget_expired
from afterglow_auth.notices.models import Notice
from afterglow_auth.notices.service import SEND_NOTICE
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import text

from tests.auth.arranging import Browser, Desk, Program, add_person, open_browser, queued
from tests.auth.notices.handing import Service, be_quiet, notice, notices

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest_asyncio.fixture(loop_scope="session")
async def portal(browser: Browser, database: RolledBackDatabase) -> Service:
    return await Service.of(browser, database)


async def test_a_notice_is_taken_once_and_its_delivery_promised(
    portal: Service, database: RolledBackDatabase, person: Person
):
    await be_quiet(database, person)
    notice_id, body = new_id(), notice(person)
    answers = [await portal.put(body, notice_id) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["state"] == "waiting"
    [(payload, _)] = await queued(database, SEND_NOTICE)
    assert payload == {"service": "portal", "id": str(notice_id)}


@pytest.mark.parametrize(
    "change",
    [{"expires_at": "2100-01-01T00:00:00Z"}, {"not_before": "2026-01-01T00:00:00Z"}],
)
async def test_something_else_under_the_same_id_is_refused(portal: Service, person: Person, change: dict[str, Any]):
    notice_id, body = new_id(), notice(person)
    await portal.put(body, notice_id)
    answer = await portal.put(body | change, notice_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_nobody_is_found_under_an_unknown_id(portal: Service, person: Person, database: RolledBackDatabase):
    assert (await portal.put(notice(person, person_id=str(new_id())))).status_code == 404
    assert await notices(database) == []


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "advertisement"},
        {"kind": None},
        {"not_before": "2026-05-04T19:00:00"},
        {"expires_at": "soon"},
        {"expires_at": "2026-01-01T00:00:00Z"},
        {"text": "Come back!"},
    ],
)
async def test_what_is_no_notice_is_refused(portal: Service, person: Person, change: dict[str, Any]):
    assert (await portal.put(notice(person, **change))).status_code == 422


async def test_ids_are_a_services_own(
    portal: Service, other_browser: Browser, database: RolledBackDatabase, person: Person
):
    messaging = await Service.of(other_browser, database, "messaging")
    notice_id = new_id()
    assert (await portal.put(notice(person), notice_id)).status_code == 201
    assert (await messaging.put(notice(person), notice_id)).status_code == 201
    assert len(await notices(database)) == 2


async def test_what_comes_too_late_is_never_promised(portal: Service, database: RolledBackDatabase, person: Person):
    then = datetime.now(UTC) - timedelta(hours=4)
    late = notice(person, not_before=then.isoformat(), expires_at=(then + timedelta(hours=3)).isoformat())
    assert (await portal.put(late)).json()["state"] == "unsent"
    assert [one.reason for one in await notices(database)] == ["expired"]
    assert await queued(database, SEND_NOTICE) == []


async def test_in_quiet_hours_it_waits_for_their_end_or_is_too_late(
    portal: Service, database: RolledBackDatabase, person: Person
):
    now = datetime.now(UTC)
    local = (now + timedelta(hours=2)).replace(tzinfo=UTC)
    async with database.arrange() as session:
        await session.execute(text("UPDATE people SET time_zone = 'UTC'"))
    await be_quiet(database, person, (now - timedelta(hours=1)).time(), local.time().replace(second=0, microsecond=0))
    waits = (await portal.put(notice(person))).json()
    assert waits["state"] == "waiting"
    assert waits["send_at"] == local.replace(second=0, microsecond=0).isoformat().replace("+00:00", "Z")
    early = notice(person, expires_at=(now + timedelta(hours=1)).isoformat())
    assert (await portal.put(early)).json()["state"] == "unsent"
    [(_, when)] = await queued(database, SEND_NOTICE)
    assert abs(when - local) < timedelta(minutes=2)


async def test_only_a_services_token_for_notices_opens_it(
    desk: Desk, browser: Browser, database: RolledBackDatabase, person: Person
):
    admin = Service(browser, desk.headers["authorization"].removeprefix("Bearer "))
    assert (await admin.put(notice(person))).status_code == 401
    async with database.arrange() as session:
        program = await Program("messaging", kind="service", scopes="security_events").register(session)
    form = {"grant_type": "client_credentials", **program.proof()}
    token = (await browser.client.post("/auth/token", data=form)).json()["access_token"]
    assert (await Service(browser, token).put(notice(person))).status_code == 401
    assert await notices(database) == []


async def test_of_many_at_once_one_is_new(committed_app: FastAPI, committed_superuser: Database):
    async with committed_superuser.sessions() as session, session.begin():
        person = await add_person(session)
        program = await Program(f"service-{new_id().hex}", kind="service", scopes="notices").register(session)
    async with open_browser(committed_app) as client:
        form = {"grant_type": "client_credentials", **program.proof()}
        token = (await client.post("/auth/token", data=form)).json()["access_token"]
        service, notice_id, body = Service(Browser(client), token), new_id(), notice(person)
        answers = await asyncio.gather(*[service.put(body, notice_id) for _ in range(8)])
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    async with committed_superuser.sessions() as session:
        jobs = "SELECT count(*) FROM jobs.pgqueuer WHERE convert_from(payload, 'UTF8') LIKE '%' || :id || '%'"
        assert await session.scalar(text(jobs), {"id": str(notice_id)}) <= 1


async def test_what_is_long_over_is_forgotten(database: RolledBackDatabase, person: Person):
    times = {"taken_at": LONG_AGO, "send_at": LONG_AGO, "not_before": LONG_AGO}
    async with database.arrange() as session:
        for expires_at in (LONG_AGO + timedelta(hours=3), datetime.now(UTC)):
            session.add(
                Notice(
                    service="portal", id=new_id(), person_id=person.id, kind="prompt", **times, expires_at=expires_at
                )
            )
    await forget_expired(database)
    assert len(await notices(database)) == 1
