"""A program is told by a token that only it can use, for as long as it takes, and never of anything but the end."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import pytest_asyncio
from afterglow_auth.backchannel import delivering
from afterglow_auth.backchannel.announcing import AT_ONCE, TELL_PROGRAM
from afterglow_auth.backchannel.delivering import AT_ONCE_FOR_ONE, EVENT, NotTakenError, tell_program, transport_of
from afterglow_auth.main import assemble
from afterglow_auth.oauth.models import OAuthClient
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.settings import Settings
from afterglow_foundation import jobs
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.jobs import HopelessError, Job
from afterglow_foundation.outgoing import CheckedTransport
from afterglow_foundation.testing.databases import MigratedDatabase, RolledBackDatabase
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import text, update
from sqlmodel import col

from tests.auth.arranging import ISSUER, Program

ADDRESS = "https://diary.example/signed-out"
ABOUT = {"client": "diary", "session": str(new_id()), "person": str(new_id())}
QUICK = jobs.Patience(
    tries=3,
    first_pause=timedelta(milliseconds=20),
    longest_pause=timedelta(milliseconds=50),
    longest=timedelta(seconds=1),
    stale_after=timedelta(seconds=2),
)


@dataclass
class Receiver:
    """A program that answers one status after the other; the last one stays."""

    statuses: list[int] = field(default_factory=lambda: [200])
    requests: list[httpx.Request] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return httpx.Response(status, headers={"location": "https://inside.example/"}, text="not for us")

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.answer)

    @property
    def tokens(self) -> list[str]:
        forms = [parse_qs(request.content.decode()) for request in self.requests]
        assert all(form.keys() == {"logout_token"} for form in forms)
        return [form["logout_token"][0] for form in forms]


@dataclass
class Diary:
    """A program that wants to be told, and telling it as the worker does."""

    provider: IdentityProvider
    database: RolledBackDatabase
    receiver: Receiver = field(default_factory=Receiver)

    async def tell(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        async with self.database.as_role("auth_worker"):
            job = Job(1, TELL_PROGRAM, ABOUT, 0)
            await tell_program(self.provider, self.database, job, transport or self.receiver.transport)

    async def change(self, **values: Any) -> None:
        async with self.database.arrange() as session:
            mine = update(OAuthClient).where(col(OAuthClient.client_id) == "diary")
            await session.execute(mine.values(**values))


@pytest_asyncio.fixture(loop_scope="session")
async def diary(app: FastAPI, database: RolledBackDatabase) -> Diary:
    async with database.arrange() as session:
        await Program("diary", told_at=ADDRESS).register(session)
    provider: IdentityProvider = app.state.provider
    await provider.keys.signer()
    return Diary(provider, database)


async def test_the_token_says_which_session_of_whom_is_over_and_no_more(diary: Diary):
    diary.receiver.statuses = [200, 204]
    for _ in range(2):
        await diary.tell()
    (request, _) = diary.receiver.requests
    assert (request.method, str(request.url)) == ("POST", ADDRESS)
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    keys = await diary.provider.keys.key_set()
    first, second = (jwt.decode(token, keys, algorithms=["ES256"]) for token in diary.receiver.tokens)
    assert first.header == {"alg": "ES256", "typ": "logout+jwt", "kid": first.header["kid"]}
    claims = dict(first.claims)
    assert claims.pop("jti") != second.claims["jti"]
    issued = claims.pop("iat")
    assert 0 <= time.time() - issued < 60
    assert claims == {
        "iss": ISSUER, "aud": "diary", "exp": issued + 120, "sub": ABOUT["person"], "sid": ABOUT["session"],
        "events": {EVENT: {}},
    }  # fmt: skip


@pytest.mark.parametrize("status", [201, 302, 307, 400, 404, 429, 500, 503])
async def test_whatever_is_no_yes_is_tried_again_and_a_redirect_is_not_followed(diary: Diary, status: int):
    diary.receiver.statuses = [status]
    with pytest.raises(NotTakenError):
        await diary.tell()
    assert len(diary.receiver.requests) == 1


async def test_who_has_gone_or_wants_it_no_more_is_not_told(diary: Diary):
    await diary.change(backchannel_logout_uri=None)
    await diary.tell()
    await diary.change(backchannel_logout_uri=ADDRESS, disabled_at=col(OAuthClient.created_at))
    await diary.tell()
    assert diary.receiver.requests == []


@pytest.mark.parametrize("address", ["https://127.0.0.1:1/", "https://[::ffff:10.0.0.1]/", "https://localhost:1/"])
async def test_an_address_inside_is_given_up_at_once(diary: Diary, address: str):
    await diary.change(backchannel_logout_uri=address)
    with pytest.raises(HopelessError):
        await diary.tell(CheckedTransport(loopback=False))


def test_this_machine_is_told_in_development_only(diary: Diary, settings: Settings):
    assert transport_of(diary.provider)._loopback == (settings.environment == "development")


@pytest.fixture
def job_settings(settings_values: dict[str, Any], committed: MigratedDatabase) -> Settings:
    own = {"database_url": committed.app_url, "worker_database_url": committed.urls["auth_worker"]}
    return Settings(**settings_values | own | {"token_hashing_key": "only for these tests"})


@pytest_asyncio.fixture(loop_scope="session")
async def worker_database(committed: MigratedDatabase, committed_superuser: Database) -> AsyncIterator[Database]:
    async with committed_superuser.engine.begin() as connection:
        await connection.execute(text("TRUNCATE jobs.pgqueuer, jobs.pgqueuer_log"))
    database = Database.connect(committed.urls["auth_worker"], pool_size=5)
    yield database
    await database.close()


@asynccontextmanager
async def working(settings: Settings, database: Database, receiver: Receiver) -> AsyncIterator[None]:
    handler = partial(tell_program, assemble(settings, database), transport=receiver.transport)
    worker = jobs.Worker(database, {TELL_PROGRAM: handler}, patience=QUICK)
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        await worker.stop()
        await task


async def eventually(database: Database, holds: Callable[[dict[str, int]], bool]) -> None:
    async with asyncio.timeout(20):
        while True:
            async with database.autocommitting() as connection:
                if holds({each.state: each.number for each in await jobs.count(connection)}):
                    return
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("statuses", "left"), [([503, 400, 200], {}), ([500], {"dead": 1})], ids=["in the end", "given up"]
)
async def test_it_is_told_again_until_it_takes_it_and_else_a_dead_letter_stays(
    job_settings: Settings, worker_database: Database, statuses: list[int], left: dict[str, int]
):
    receiver = Receiver(statuses)
    async with worker_database.unit_of_work(RowContext()) as session:
        name = f"diary-{new_id().hex}"
        await Program(name, told_at=ADDRESS).register(session)
        await jobs.enqueue(session, TELL_PROGRAM, ABOUT | {"client": name})
    async with working(job_settings, worker_database, receiver):
        await eventually(worker_database, lambda states: states == left)
    assert len(receiver.tokens) == 3
    keys = await assemble(job_settings, worker_database).keys.key_set()
    assert len({jwt.decode(token, keys, algorithms=["ES256"]).claims["jti"] for token in receiver.tokens}) == 3
    assert isinstance(keys, KeySet)


@dataclass
class Slow:
    """Programs of which those that are named do not answer until they are let."""

    silent: set[str]
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    told: list[str] = field(default_factory=list)
    waiting: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        name = request.url.host.removesuffix(".example")
        if name in self.silent:
            self.waiting[name] += 1
            self.most[name] = max(self.most[name], self.waiting[name])
            try:
                await self.answers.wait()
            finally:
                self.waiting[name] -= 1
        self.told.append(name)
        return httpx.Response(204)


async def test_a_program_that_does_not_answer_keeps_nobody_else_waiting(
    job_settings: Settings, worker_database: Database, monkeypatch: pytest.MonkeyPatch
):
    """Three that are silent, each with many sessions that ended earlier, and fleet-wide room for eight."""
    monkeypatch.setattr(delivering, "FOR_EACH_BEFORE", timedelta(milliseconds=20))
    names = {kind: f"{kind}-{new_id().hex}" for kind in ("silent", "quiet", "mute", "lively")}
    lively = names.pop("lively")
    async with worker_database.unit_of_work(RowContext()) as session:
        for name in (*names.values(), lively):
            await Program(name, told_at=f"https://{name}.example/signed-out").register(session)
        for name in (*names.values(), lively):
            await jobs.enqueue_each(session, TELL_PROGRAM, [ABOUT | {"client": name}] * 6)
    programs = Slow(set(names.values()))
    transport = httpx.MockTransport(programs.answer)
    handler = partial(tell_program, assemble(job_settings, worker_database), transport=transport)
    patience = replace(QUICK, longest=timedelta(seconds=60), stale_after=timedelta(seconds=3))
    worker = jobs.Worker(worker_database, {TELL_PROGRAM: handler}, limits={TELL_PROGRAM: AT_ONCE}, patience=patience)
    task = asyncio.create_task(worker.run())
    try:
        await eventually(worker_database, lambda _: programs.told == [lively] * 6)
        assert programs.most == dict.fromkeys(names.values(), AT_ONCE_FOR_ONE)
        programs.answers.set()
        await eventually(worker_database, lambda states: states == {})  # and none was given up for having waited
    finally:
        programs.answers.set()
        await worker.stop()
        await task
    assert Counter(programs.told) == dict.fromkeys((*names.values(), lively), 6)
    assert max(programs.most.values()) <= AT_ONCE_FOR_ONE + 1
