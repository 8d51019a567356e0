"""kill -9 of each program in turn under check-ins and messages: whatever was acknowledged is there, exactly once."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from itertools import cycle
from typing import Any

import httpx
import psutil
import pytest
import pytest_asyncio
from afterglow_foundation.callers import Role
from afterglow_foundation.identifiers import new_id
from afterglow_operator.demo.installation import Installation

from benchmarks.sign_in import api_tokens
from benchmarks.system import listening_port
from tests.assurance import LONG
from tests.faults.pages import pages_of
from tests.faults.writing import Browser, Ledger, Send, check_in, putting
from tests.operator.demonstrations import Demonstration, eventually

SERVICES = ("auth", "portal", "messaging", "web")
PROGRAMS = (*SERVICES, "gateway", "postgres")
SECONDS = 60 if LONG else 12
BETWEEN_KILLS = 2.0
RECOVERY = 60

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("demonstration")]


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
    """A client and the therapist who treats them, by browser and by API, and what each writer wrote."""

    base_url: str
    accounts: dict[Role, dict[str, str]]
    browsers: dict[Role, Browser]
    apis: dict[Role, httpx.AsyncClient]
    conversation: str
    check_ins: list[Ledger] = field(default_factory=list)
    messages: list[Ledger] = field(default_factory=list)

    def writers(self) -> list[tuple[Ledger, Send]]:
        client, therapist = self.browsers[Role.client], self.browsers[Role.therapist]
        path = f"/api/messaging/conversations/{self.conversation}/messages/{{}}"
        now = datetime.now(UTC)
        recording: dict[str, Send] = {
            "check-in by form": client.post_check_in,
            "check-in by the page's module": client.json_check_ins(),
            "check-in by the API": putting(
                self.apis[Role.client], "/api/portal/check-ins/{}", lambda text: check_in(text, now)
            ),
        }
        writing: dict[str, Send] = {
            "message by the client's form": partial(client.post_message, self.conversation),
            "message by the therapist's form": partial(therapist.post_message, self.conversation),
            "message by the API": putting(self.apis[Role.client], path, lambda text: {"text": text}),
        }
        self.check_ins = [Ledger(name) for name in recording]
        self.messages = [Ledger(name) for name in writing]
        ledgers = [*self.check_ins, *self.messages]
        return list(zip(ledgers, [*recording.values(), *writing.values()], strict=True))

    async def stored_check_ins(self) -> list[tuple[str, str]]:
        items = await every_item(self.apis[Role.client], "/api/portal/check-ins")
        return [(item["id"], item["note"]) for item in items if item["note"]]

    async def stored_messages(self) -> list[tuple[str, str]]:
        path = f"/api/messaging/conversations/{self.conversation}/messages"
        items = await every_item(self.apis[Role.client], path)
        assert [item["sequence"] for item in items] == list(range(1, len(items) + 1)), "a gap in the numbers"
        return [(item["id"], item["text"]) for item in items]


async def every_item(http: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = (await http.get(path, params={"limit": 100, **after})).raise_for_status().json()
        items += page["items"]
        if page["next"] is None:
            return items
        after = {"after": page["next"]}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def practice(demonstration: Demonstration) -> AsyncIterator[Practice]:
    base_url = demonstration.document["base_url"]
    accounts = {Role(account["role"]): account for account in reversed(demonstration.document["accounts"])}
    apis = {role: api_of(base_url, accounts[role]) for role in (Role.client, Role.therapist)}
    conversation = await find_conversation(apis[Role.client])
    by_id = {account["id"]: account for account in demonstration.document["accounts"]}
    accounts[Role.therapist] = by_id[conversation["therapist"]["id"]]
    browsers = {role: Browser.sign_in(base_url, account) for role, account in accounts.items()}
    yield Practice(base_url, accounts, browsers, apis, conversation["id"])
    for http in [*apis.values(), *(browser.http for browser in browsers.values())]:
        await http.aclose()


def api_of(base_url: str, account: dict[str, str]) -> httpx.AsyncClient:
    token = api_tokens(base_url, account)["access_token"]
    return httpx.AsyncClient(base_url=base_url, headers={"authorization": f"Bearer {token}"}, timeout=10)


async def find_conversation(http: httpx.AsyncClient) -> dict[str, Any]:
    """One that is open: care goes on."""
    items = await every_item(http, "/api/messaging/conversations")
    return next(item for item in items if item["closed_at"] is None)


async def kill_in_turn(demonstration: Demonstration, seconds: float) -> Counter[str]:
    """Kill -9 one program after the other, each at least once and again only when it came back from its last death."""
    killed: Counter[str] = Counter()
    dead: set[int] = set()
    end = time.monotonic() + seconds
    for name in cycle(PROGRAMS):
        if time.monotonic() >= end and set(killed) == set(PROGRAMS):
            break
        alive = {process.pid: process for process in demonstration.family() if process.pid not in dead}
        if process := alive.get(demonstration.running["processes"].get(name)):
            process.kill()
            dead.add(process.pid)
            killed[name] += 1
            await asyncio.sleep(BETWEEN_KILLS)
        else:
            await asyncio.sleep(0.1)
    return killed


async def test_nothing_acknowledged_is_lost_or_doubled(
    demonstration: Demonstration, practice: Practice, record_property: Any
):
    before = {*await practice.stored_check_ins(), *await practice.stored_messages()}
    stop = asyncio.Event()
    writing = [asyncio.create_task(ledger.keep_writing(send, stop)) for ledger, send in practice.writers()]
    killed = await kill_in_turn(demonstration, SECONDS)
    stop.set()
    async with asyncio.timeout(RECOVERY):
        await asyncio.gather(*writing)

    ledgers = [*practice.check_ins, *practice.messages]
    record_property("counted", told(killed, ledgers))
    assert [name for ledger in ledgers for name in ledger.repeated if name == "500"] == [], (
        "a death is no fault of ours"
    )
    assert [refusal for ledger in ledgers for refusal in ledger.refused] == []
    assert all(ledger.acknowledged for ledger in ledgers)
    assert written_since(before, await practice.stored_check_ins()) == acknowledged(practice.check_ins)
    assert written_since(before, await practice.stored_messages()) == acknowledged(practice.messages)


def told(killed: Counter[str], ledgers: list[Ledger]) -> str:
    writes = sum(len(ledger.acknowledged) for ledger in ledgers)
    again = sum(ledger.repeated.total() for ledger in ledgers)
    return f"faults: {killed.total()} kills under {writes} acknowledged writes, of which {again} tries were repeated"


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
