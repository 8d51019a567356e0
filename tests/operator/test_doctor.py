"""`afterglow doctor`: everything that is looked at, well and not."""

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import asyncpg
import pytest
from afterglow_foundation import jobs
from afterglow_foundation.database import Database
from afterglow_foundation.revisions import newest
from afterglow_foundation.testing.databases import MigratedDatabase
from afterglow_operator.doctor import databases, services
from afterglow_operator.doctor.findings import State
from sqlalchemy import text

from tests.certificates import Authority
from tests.operator.sites import Operator, TestSite, reach

Answers = dict[str, tuple[int, str]]
CLIENT = """
    INSERT INTO oauth_clients (client_id, name, kind, redirect_uris, post_logout_redirect_uris,
        token_endpoint_auth_method, scopes, grants, created_at)
    VALUES ('doctored', 'A service', 'service', '{}', '{}', 'private_key_jwt', '{}', '{}', now())
"""
READY = (200, json.dumps({"migrations": True, "keys": True, "events": True}))
MAIL = "# TYPE mail_server_up gauge\nmail_server_up {}\n"


@contextmanager
def answering(answers: Answers, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that answers each path as told; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # http.server's name
            status, body = answers.get(self.path, (404, "{}"))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http{'s' if context else ''}://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def practice(make_database: Callable[[str, str], MigratedDatabase]) -> MigratedDatabase:
    return make_database("auth", "doctor")


@pytest.fixture
def site(practice: MigratedDatabase) -> TestSite:
    return TestSite(practice)


async def queue(practice: MigratedDatabase, *statements: str) -> None:
    """Empty queues, then what a test puts there."""
    database = Database.connect(practice.superuser_url, pool_size=1)
    async with database.sessions() as session, session.begin():
        await session.execute(text("TRUNCATE jobs.pgqueuer"))
        if statements:
            await jobs.enqueue(session, "send_letter", {"letter": "account_closed"})
        for statement in statements:
            await session.execute(text(statement))
    await database.close()


async def test_a_ready_service_says_what_it_looked_at(site: TestSite):
    with answering({"/readyz": READY}) as url:
        site.urls["portal"] = url
        found = await services.readiness(site, "portal")
    assert (found.state, found.detail) == (State.ok, "ready (migrations, keys, events)")


async def test_a_service_that_is_not_ready_names_why(site: TestSite):
    stale = (503, json.dumps({"migrations": True, "keys": True, "events": False}))
    with answering({"/readyz": stale}) as url:
        site.urls["portal"] = url
        found = await services.readiness(site, "portal")
    assert (found.state, found.detail) == (State.wrong, "not ready: events")


@pytest.mark.parametrize("answer", [None, (200, "<html>")])
async def test_a_service_that_does_not_answer_is_wrong(site: TestSite, answer: tuple[int, str] | None):
    if answer is None:
        assert (await services.readiness(site, "web")).state is State.wrong
        return
    with answering({"/readyz": answer}) as url:
        site.urls["web"] = url
        assert (await services.readiness(site, "web")).state is State.wrong


@pytest.mark.parametrize(
    ("measured", "state"),
    [("1.0", State.ok), ("0.0", State.wrong), ("NaN", State.unknown), (None, State.unknown)],
)
async def test_the_mail_server_is_what_auth_saw(site: TestSite, measured: str | None, state: State):
    if measured is None:
        assert (await services.mail_server(site)).state is state
        return
    with answering({"/metrics": (200, MAIL.format(measured))}) as url:
        site.urls["auth"] = url
        assert (await services.mail_server(site)).state is state


@pytest.mark.parametrize(("status", "state"), [(200, State.ok), (503, State.wrong)])
async def test_the_gateway_answers_over_tls_that_can_be_trusted(
    site: TestSite, tmp_path: Path, status: int, state: State
):
    authority = Authority.new(tmp_path)
    certificate, key = authority.sign("localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with answering({"/healthz": (status, "ok")}, context) as url:
        site.base_url, site.authority = url, authority.certificate
        assert (await services.gateway(site)).state is state
        site.authority = None
        assert (await services.gateway(site)).state is State.wrong  # the machine's own authorities do not know it


async def test_a_gateway_out_of_sight_is_unknown(site: TestSite):
    site.base_url = "http://127.0.0.1:1"
    assert (await services.gateway(site)).state is State.wrong
    site.sees_gateway = False
    assert (await services.gateway(site)).state is State.unknown


async def test_a_database_at_the_newest_migration_is_well(site: TestSite):
    found = await databases.database(site, "auth")
    assert found.state is State.ok
    assert str(newest("afterglow_auth")) in found.detail


async def test_a_database_that_is_gone_or_not_migrated_is_wrong(site: TestSite, practice: MigratedDatabase):
    assert (await databases.database(site, "portal")).state is State.wrong
    connection = await asyncpg.connect(practice.superuser_url.replace("+asyncpg", ""))
    try:
        await connection.execute("UPDATE alembic_version SET version_num = '0001'")
        assert "this version needs" in (await databases.database(site, "auth")).detail
        await connection.execute("ALTER TABLE alembic_version RENAME TO elsewhere")
        assert "not migrated" in (await databases.database(site, "auth")).detail
        await connection.execute("ALTER TABLE elsewhere RENAME TO alembic_version")
    finally:
        await connection.execute("UPDATE alembic_version SET version_num = $1", newest("afterglow_auth"))
        await connection.close()


async def test_jobs_that_wait_are_well_until_nobody_takes_them(site: TestSite, practice: MigratedDatabase):
    await queue(practice, "UPDATE jobs.pgqueuer SET execute_after = now() + interval '1 hour'")
    found = await databases.waiting_jobs(site, "auth")
    assert (found.state, found.detail) == (State.ok, "waiting: 1 send_letter; given up: none")
    await queue(practice, "UPDATE jobs.pgqueuer SET execute_after = now() - interval '6 minutes'")
    assert "overdue" in (await databases.waiting_jobs(site, "auth")).detail


async def test_a_dead_letter_is_wrong_until_somebody_looks_after_it(site: TestSite, practice: MigratedDatabase):
    await queue(practice, "UPDATE jobs.pgqueuer SET status = 'failed'")
    found = await databases.waiting_jobs(site, "auth")
    assert (found.state, found.detail) == (State.wrong, "given up: 1 send_letter; `afterglow jobs list` shows them")
    await queue(practice)
    assert (await databases.waiting_jobs(site, "auth")).state is State.ok


async def test_a_clock_that_is_off_is_wrong(site: TestSite, monkeypatch: pytest.MonkeyPatch):
    assert (await databases.clock(site)).state is State.ok
    monkeypatch.setattr(databases, "MOST_DIFFERENCE", timedelta(seconds=-1))
    assert (await databases.clock(site)).state is State.wrong


async def test_each_stream_of_events_is_shown(site: TestSite, practice: MigratedDatabase):
    async def seen(statement: str) -> list[tuple[State, str]]:
        database = Database.connect(practice.superuser_url, pool_size=1)
        async with database.sessions() as session, session.begin():
            await session.execute(text(statement))
        await database.close()
        return [(each.state, each.detail) for each in await databases.streams(site)]

    registered = "INSERT INTO event_receivers (client_id, stream_id, status, registered_at, heard_at) VALUES"
    assert await seen(CLIENT) == [(State.unknown, "none yet: no service has begun")]
    assert await seen(f"{registered} ('doctored', gen_random_uuid(), 'enabled', now(), now())") == [
        (State.ok, "enabled, not verified yet, 0 events waiting")
    ]
    ((state, said),) = await seen("UPDATE event_receivers SET verified_at = now()")
    assert (state, said.startswith("enabled, verified ")) == (State.ok, True)
    assert await seen("UPDATE event_receivers SET status = 'paused', reason = 'moving'") == [
        (State.wrong, "paused (moving)")
    ]
    silent = "UPDATE event_receivers SET status = 'enabled', heard_at = now() - interval '31 seconds'"
    ((state, said),) = await seen(silent)
    assert (state, said.startswith("nothing heard of the receiver for 3")) == (State.wrong, True)
    await seen("DELETE FROM event_receivers")


def test_the_command_lists_everything_and_exits_with_1_when_something_is_wrong(
    site: TestSite, monkeypatch: pytest.MonkeyPatch
):
    operator = reach(site, monkeypatch)
    with answering({"/readyz": READY, "/metrics": (200, MAIL.format("1.0")), "/healthz": (200, "ok")}) as url:
        site.urls = dict.fromkeys(("auth", "portal", "messaging", "web"), url)
        site.base_url = url
        code, said, wrong = operator.run("doctor", "--json")
    document = json.loads(said)
    states = {each["what"]: each["state"] for each in document["findings"]}
    assert code == 1
    assert document["ok"] is False
    assert {what for what, state in states.items() if state == "wrong"} == {
        "portal's database",
        "messaging's database",
        "web's database",
    }
    assert len(states) == 13
    assert wrong.count("\n") == 1
    assert "portal's database" in wrong


def test_when_all_is_well_it_says_so(site: TestSite, monkeypatch: pytest.MonkeyPatch):
    operator: Operator = reach(site, monkeypatch)
    monkeypatch.setattr("afterglow_operator.doctor.command.SERVICES", ("auth",))
    with answering({"/readyz": READY, "/metrics": (200, MAIL.format("1.0")), "/healthz": (200, "ok")}) as url:
        site.urls, site.base_url = {"auth": url}, url
        assert operator.json("doctor")["ok"] is True
        code, said, wrong = operator.run("doctor")
    assert (code, wrong) == (0, "")
    assert "auth's database" in said
