"""kill -9 of any program at any time under check-ins and messages.

Whatever was acknowledged is there, exactly once, and whoever listened all the time has heard it.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from itertools import chain, pairwise
from typing import Any

import httpx
import psutil
import pytest
import pytest_asyncio
from afterglow_foundation.callers import Role
from afterglow_foundation.identifiers import new_id
from afterglow_operator.demo.installation import Installation

from benchmarks.system import listening_port
from tests.assurance import LONG
from tests.faults.following import Follower
from tests.faults.pages import pages_of
from tests.faults.reading import every_item
from tests.faults.writing import Browser, Ledger, Renewing, Send, check_in, putting
from tests.operator.demonstrations import Demonstration, eventually

SERVICES = ("auth", "portal", "messaging", "web")
PROGRAMS = (*SERVICES, "gateway", "postgres")
SECONDS = 300 if LONG else 12
BETWEEN_KILLS = (0.5, 4.0) if LONG else (1.0, 2.5)
RECOVERY = 60

pytestmark = [pytest.mark.timeout(1200), pytest.mark.xdist_group("demonstration")]


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """Everything for real, of this test alone: only programs that it started are killed."""
    started = Demonstration.new(tmp_path_factory.mktemp("faults"))
    answered = started.start()
    assert answered.returncode == 0, answered.stdout + answered.stderr
    yield started
    started.stop()
    Installation(started.var).reset()


@dataclass
class Practice:
    """A client and the therapist who treats them, by browser, and the client's API; what each wrote and heard."""

    base_url: str
    accounts: dict[Role, dict[str, str]]
    browsers: dict[Role, Browser]
    api: httpx.AsyncClient
    conversation: str
    check_ins: list[Ledger] = field(default_factory=list)
    messages: list[Ledger] = field(default_factory=list)

    def listeners(self) -> list[Follower]:
        """A program hears each message once; a page can hear the last ones again, and shows each once."""
        return [
            Follower("the client's program", self.api, "/api/messaging/events"),
            Follower("the therapist's page", self.browsers[Role.therapist].http, "/live"),
        ]

    def writers(self) -> list[tuple[Ledger, Send]]:
        client, therapist = self.browsers[Role.client], self.browsers[Role.therapist]
        path = f"/api/messaging/conversations/{self.conversation}/messages/{{}}"
        now = datetime.now(UTC)
        recording: dict[str, Send] = {
            "check-in by form": client.post_check_in,
            "check-in by the page's module": client.json_check_ins(),
            "check-in by the API": putting(self.api, "/api/portal/check-ins/{}", lambda text: check_in(text, now)),
        }
        writing: dict[str, Send] = {
            "message by the client's form": partial(client.post_message, self.conversation),
            "message by the therapist's form": partial(therapist.post_message, self.conversation),
            "message by the API": putting(self.api, path, lambda text: {"text": text}),
        }
        self.check_ins = [Ledger(name) for name in recording]
        self.messages = [Ledger(name) for name in writing]
        ledgers = [*self.check_ins, *self.messages]
        return list(zip(ledgers, [*recording.values(), *writing.values()], strict=True))

    async def stored_check_ins(self) -> list[tuple[str, str]]:
        items = await every_item(self.api, "/api/portal/check-ins")
        return [(item["id"], item["note"]) for item in items if item["note"]]

    async def stored_messages(self) -> list[tuple[str, str]]:
        path = f"/api/messaging/conversations/{self.conversation}/messages"
        items = await every_item(self.api, path)
        assert [item["sequence"] for item in items] == list(range(1, len(items) + 1)), "a gap in the numbers"
        return [(item["id"], item["text"]) for item in items]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def practice(demonstration: Demonstration) -> AsyncIterator[Practice]:
    base_url = demonstration.document["base_url"]
    accounts = {Role(account["role"]): account for account in reversed(demonstration.document["accounts"])}
    renewed = Renewing(base_url, accounts[Role.client])
    api = httpx.AsyncClient(base_url=base_url, auth=renewed, timeout=10)
    conversation = await find_conversation(api)
    by_id = {account["id"]: account for account in demonstration.document["accounts"]}
    accounts[Role.therapist] = by_id[conversation["therapist"]["id"]]
    browsers = {role: Browser.sign_in(base_url, account) for role, account in accounts.items()}
    yield Practice(base_url, accounts, browsers, api, conversation["id"])
    for http in [api, *(browser.http for browser in browsers.values())]:
        await http.aclose()


async def find_conversation(http: httpx.AsyncClient) -> dict[str, Any]:
    """One that is open: care goes on."""
    items = await every_item(http, "/api/messaging/conversations")
    return next(item for item in items if item["closed_at"] is None)


async def kill_at_random(demonstration: Demonstration, seconds: float, chance: random.Random) -> Counter[str]:
    """Kill -9 a program, each once and then any, and again only one that came back from its last death."""
    killed: Counter[str] = Counter()
    dead: set[int] = set()
    end = time.monotonic() + seconds
    anyone = iter(lambda: chance.choice(PROGRAMS), None)
    for name in chain(chance.sample(PROGRAMS, len(PROGRAMS)), anyone):
        while not killed[name] or time.monotonic() < end:
            alive = {process.pid: process for process in demonstration.family() if process.pid not in dead}
            if process := alive.get(demonstration.running["processes"].get(name)):
                process.kill()
                dead.add(process.pid)
                killed[name] += 1
                await asyncio.sleep(chance.uniform(*BETWEEN_KILLS))
                break
            await asyncio.sleep(0.1)
        if time.monotonic() >= end and set(killed) == set(PROGRAMS):
            break
    return killed


@asynccontextmanager
async def listening(followers: list[Follower]) -> AsyncIterator[None]:
    """From where each has begun to listen to the end of the block."""
    tasks = [asyncio.create_task(each.follow()) for each in followers]
    async with asyncio.timeout(RECOVERY):
        await asyncio.gather(*(each.begun.wait() for each in followers))
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def write_under_fire(demonstration: Demonstration, practice: Practice, chance: random.Random) -> Counter[str]:
    """Returns who was killed, once everything that was begun is acknowledged."""
    stop = asyncio.Event()
    writing = [asyncio.create_task(ledger.keep_writing(send, stop)) for ledger, send in practice.writers()]
    killed = await kill_at_random(demonstration, SECONDS, chance)
    stop.set()
    async with asyncio.timeout(RECOVERY):
        await asyncio.gather(*writing)
    return killed


async def test_nothing_acknowledged_is_lost_or_doubled(
    demonstration: Demonstration, practice: Practice, record_property: Any
):
    seed = time.time_ns()
    before = {*await practice.stored_check_ins(), *await practice.stored_messages()}
    program, page = listeners = practice.listeners()
    async with listening(listeners):
        killed = await write_under_fire(demonstration, practice, random.Random(seed))  # noqa: S311  # no secret
        ids = {written for written, _ in acknowledged(practice.messages)}
        async with asyncio.timeout(RECOVERY):
            while not all(each.has_heard(ids) for each in listeners):  # noqa: ASYNC110  # streams have no event for it
                await asyncio.sleep(0.1)

    ledgers = [*practice.check_ins, *practice.messages]
    record_property("counted", told(killed, ledgers, listeners, seed))
    assert [name for ledger in ledgers for name in ledger.repeated if name == "500"] == [], (
        "a death is no fault of ours"
    )
    assert [refusal for ledger in ledgers for refusal in ledger.refused] == []
    assert all(ledger.acknowledged for ledger in ledgers)
    assert written_since(before, await practice.stored_check_ins()) == acknowledged(practice.check_ins)
    assert written_since(before, await practice.stored_messages()) == acknowledged(practice.messages)
    assert [each.refused.total() for each in listeners] == [0, 0]
    assert Counter(message for message, _ in program.heard) == Counter(ids)
    assert {message for message, _ in page.heard} == ids
    assert all(one < other for (_, one), (_, other) in pairwise(program.heard)), "in the order they were written"


def told(killed: Counter[str], ledgers: list[Ledger], listeners: list[Follower], seed: int) -> str:
    writes = sum(len(ledger.acknowledged) for ledger in ledgers)
    again = sum(ledger.repeated.total() for ledger in ledgers)
    heard = ", ".join(f"{each.name} heard {len(set(each.heard))} over {each.breaks} breaks" for each in listeners)
    return (
        f"faults: {killed.total()} kills in {SECONDS} s under {writes} acknowledged writes, of which {again} tries "
        f"were repeated; {heard}, {sum(each.repeated for each in listeners)} again (seed {seed})"
    )


def written_since(before: set[tuple[str, str]], stored: list[tuple[str, str]]) -> Counter[tuple[str, str]]:
    return Counter(one for one in stored if one not in before)


def acknowledged(ledgers: list[Ledger]) -> Counter[tuple[str, str]]:
    return Counter((str(written), text) for ledger in ledgers for written, text in ledger.acknowledged.items())


@pytest.mark.parametrize("role", [Role.client, Role.therapist, Role.admin])
async def test_every_page_has_recovered_by_itself(
    demonstration: Demonstration, practice: Practice, role: Role, settings_values: dict[str, Any]
):
    """In the browser that was signed in all the time: nobody signs in again, nothing is started by hand."""
    browser = practice.browsers[role]
    paths = pages_of(role, settings_values)
    assert len(paths) > 1
    assert await asyncio.to_thread(eventually, lambda: all_ready(demonstration), RECOVERY)
    answers = {path: await browser.http.get(path) for path in paths}
    broken = {path: one.status_code for path, one in answers.items() if one.status_code >= HTTPStatus.BAD_REQUEST}
    led_away = [path for path, one in answers.items() if "/sign-in" in one.headers.get("location", "")]
    assert (broken, led_away) == ({}, [])


async def test_live_messages_flow_again(demonstration: Demonstration, practice: Practice):
    """Through messaging, its listening connection, web and the gateway, each of which died: once, without reloading."""
    assert await asyncio.to_thread(eventually, lambda: all_ready(demonstration), RECOVERY)
    written, reader = new_id(), practice.browsers[Role.client].http
    async with asyncio.timeout(RECOVERY), reader.stream("GET", "/live", timeout=RECOVERY) as stream:
        lines = stream.aiter_lines()
        await until(lines, "event: unread")  # it has looked: what comes from here on is news
        sent = await practice.browsers[Role.therapist].post_message(practice.conversation, written, "Are you there?")
        assert sent.status_code == HTTPStatus.SEE_OTHER
        seen = [line async for line in until_counted(lines) if str(written) in line]
    assert len(seen) == 1


async def until_counted(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    """Lines of a stream up to the unread counts that follow a message."""
    counted = False
    async for line in lines:
        yield line
        counted = counted or '"html"' in line
        if counted and line == "event: unread":
            return


async def until(lines: AsyncIterator[str], wanted: str) -> None:
    async for line in lines:
        if line == wanted:
            return


def all_ready(demonstration: Demonstration) -> bool:
    """Every service says of itself that it is ready, and the gateway leads there."""
    try:
        ports = [listening_port(demonstration.running["processes"][name]) for name in SERVICES]
        answers = [httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2) for port in ports]
    except (httpx.TransportError, psutil.Error, LookupError, StopIteration):
        return False
    return all(answer.is_success for answer in answers) and demonstration.is_healthy()
