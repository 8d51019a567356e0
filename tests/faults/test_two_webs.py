"""Two processes of web behind the gateway: a session is at both, and the death of either loses and doubles nothing."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from itertools import cycle
from typing import Any

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_operator.demo import health
from afterglow_operator.demo.installation import Installation
from playwright.async_api import expect

from benchmarks.sign_in import hidden_fields
from tests.faults import two_webs
from tests.faults.following import Follower
from tests.faults.reading import every_item
from tests.faults.two_webs import WEBS
from tests.faults.writing import SOON, Browser, Ledger, Renewing, Send, putting, until_written
from tests.journeys.browsing import chromium_running, visits
from tests.journeys.visitor import Account, Visitor
from tests.journeys.visitor import Demonstration as Documented
from tests.messaging.processes import Stream
from tests.operator.demonstrations import Demonstration, eventually

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("demonstration")]
CLIENT, THERAPIST, OTHER = "Grace Yamamoto", "Mateo Villanueva", "Amara Nwosu"
SHOWN = "[...document.querySelectorAll('li.message')].map(one => one.id.replace('message-', ''))"
ALL_SHOWN = "ids => ids.every(id => document.getElementById(`message-${id}`))"


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    started = two_webs.start(tmp_path_factory.mktemp("two-webs"))
    yield started
    started.stop()
    Installation(started.var).reset()


@pytest.fixture(scope="module")
def documented(demonstration: Demonstration) -> Documented:
    return Documented.model_validate(demonstration.document)


@dataclass
class Turns:
    """Leads each request for web past the gateway, to one process after the other; auth's stay at the gateway."""

    demonstration: Demonstration
    webs: Iterator[str] = field(default_factory=lambda: cycle(WEBS))

    async def __call__(self, request: httpx.Request) -> None:
        own = not request.url.path.startswith("/auth")
        port = self.demonstration.running["ports"][next(self.webs)] if own else self.demonstration.port
        request.url = request.url.copy_with(port=port)


@asynccontextmanager
async def signed_in(demonstration: Demonstration, account: Account) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """A browser whose every request goes to the other process than the one before, and the token of its forms."""
    base_url, turns = demonstration.document["base_url"], Turns(demonstration)
    headers = {"accept": "text/html", "origin": base_url, "sec-fetch-site": "same-origin"}
    hooks = {"request": [turns]}
    async with httpx.AsyncClient(base_url=base_url, headers=headers, event_hooks=hooks, timeout=SOON) as http:
        page = await http.get("/sign-in", follow_redirects=True)
        fields = hidden_fields(page.text, "/auth/sign-in") | {"email": account.email, "password": account.password}
        page = await http.post("/auth/sign-in", data=fields, follow_redirects=True)
        assert page.status_code == HTTPStatus.OK, page.text
        yield http, hidden_fields(page.text, "/sign-out")["csrf_token"]


async def test_a_session_and_its_forms_are_at_both(demonstration: Demonstration, documented: Documented):
    """What one process began the other goes on with: a sign-in, a page, the form on it."""
    note = f"{new_id()}"
    async with signed_in(demonstration, documented.account(OTHER)) as (http, token):
        for written in (f"{note} one", f"{note} two"):
            assert (await http.get("/help")).status_code == HTTPStatus.OK
            form = {"csrf_token": token, "id": str(new_id()), "mood": "1", "note": written, "visibility": "only_me"}
            kept = await http.post("/check-ins", data=form)
            assert kept.status_code == HTTPStatus.SEE_OTHER, kept.text
            assert kept.headers["location"].startswith("/check-ins?saved=")
            await http.get("/help")  # so that the second form goes to the other process than the first
        for _ in WEBS:
            page = await http.get("/check-ins")
            assert (page.text.count(f"{note} one"), page.text.count(f"{note} two")) == (1, 1)


async def test_a_session_that_ends_at_auth_is_over_at_both(demonstration: Demonstration, documented: Documented):
    """Whichever process hears of it from auth: streams end at both, and neither opens another page."""
    async with signed_in(demonstration, documented.account(OTHER)) as (http, _):
        opened = [asyncio.Event() for _ in WEBS]
        streams = [asyncio.create_task(until_over(http, each)) for each in opened]
        async with asyncio.timeout(SOON):
            for each in opened:
                await each.wait()
        page = await http.get("/auth/sign-out")
        await http.post("/auth/sign-out", data=hidden_fields(page.text, "/auth/sign-out"))
        async with asyncio.timeout(SOON):
            assert await asyncio.gather(*streams) == [True, True]
        for _ in WEBS:
            answer = await http.get("/check-ins")
            assert answer.status_code == HTTPStatus.SEE_OTHER
            assert answer.headers["location"].startswith("/sign-in")


async def until_over(http: httpx.AsyncClient, opened: asyncio.Event) -> bool:
    """Whether the stream said that it is over for good, before it ended."""
    async with http.stream("GET", "/live") as answer:
        assert answer.status_code == HTTPStatus.OK
        async for line in answer.aiter_lines():
            opened.set()
            if line == "event: over":
                return True
    return False


async def test_a_stream_goes_on_at_the_other_where_it_was(demonstration: Demonstration, documented: Documented):
    """By `Last-Event-ID`, which no process made for itself: everything that was missed, and nothing again."""
    therapist = await asyncio.to_thread(sign_in, documented, THERAPIST)
    async with signed_in(demonstration, documented.account(CLIENT)) as (http, _):
        conversation = await conversation_of(documented)
        cursor, heard, sent = None, [], []
        for _ in range(4):
            async with http.stream("GET", "/live", headers={"last-event-id": cursor} if cursor else {}) as answer:
                stream = Stream(answer)
                while len(heard) < len(sent) or cursor is None:
                    event = await stream.next()
                    cursor = event.id or cursor
                    heard += [event.data["id"]] if event.name == "message" else []
            for _ in range(2):
                written = new_id()
                assert (await therapist.post_message(conversation, written, "Meanwhile")).status_code < 400
                sent.append(str(written))
        assert heard == sent[: len(heard)]
        assert len(heard) == len(sent) - 2
    await therapist.http.aclose()


def sign_in(documented: Documented, name: str) -> Browser:
    return Browser.sign_in(documented.base_url, documented.account(name).model_dump())


@asynccontextmanager
async def program_of(documented: Documented) -> AsyncIterator[httpx.AsyncClient]:
    """The client's, at the services themselves: what is really there."""
    renewed = Renewing(documented.base_url, documented.account(CLIENT).model_dump())
    async with httpx.AsyncClient(base_url=documented.base_url, auth=renewed, timeout=SOON) as program:
        yield program


async def conversation_of(documented: Documented) -> str:
    async with program_of(documented) as program:
        (one,) = await every_item(program, "/api/messaging/conversations")
    return str(one["id"])


def kill(demonstration: Demonstration, web: str) -> int:
    process: int = demonstration.running["processes"][web]
    os.kill(process, signal.SIGKILL)
    return process


def wait_for_the_next(demonstration: Demonstration, web: str, dead: int) -> None:
    """Until its supervisor has started it again and it takes requests."""

    def is_back() -> bool:
        return demonstration.running["processes"].get(web) != dead and health.is_ready(
            demonstration.running["ports"][web]
        )

    assert eventually(is_back, SOON)


@asynccontextmanager
async def open_page(documented: Documented, conversation: str) -> AsyncIterator[Visitor]:
    """The client's conversation in a real browser, which looks at nothing but what its stream brings."""
    async with chromium_running() as chromium, visits(chromium, documented)("phone") as visitor:
        await visitor.sign_in(CLIENT)
        await expect(visitor.page.get_by_role("button", name="Sign out")).to_be_visible()
        await visitor.page.goto(f"/conversations/{conversation}")
        yield visitor
        visitor.faults[:] = [fault for fault in visitor.faults if "net::ERR" not in fault and "50" not in fault]


async def test_the_death_of_either_loses_and_doubles_nothing(
    demonstration: Demonstration, documented: Documented, record_property: Any
):
    """Killed in the middle of streams, forms and the page's own requests; nobody signs in again or reloads."""
    conversation = await conversation_of(documented)
    client, therapist = [await asyncio.to_thread(sign_in, documented, name) for name in (CLIENT, THERAPIST)]
    by_page = putting(therapist.http, f"/conversations/{conversation}/messages/{{}}", lambda text: {"text": text})
    sends: dict[str, Send] = {
        "check-in by the page": client.json_check_ins(),
        "message by the client's form": partial(client.post_message, conversation),
        "message by the therapist's form": partial(therapist.post_message, conversation),
        "message by the therapist's page": by_page,
    }
    ledgers = [Ledger(name) for name in sends]
    # Three of each: all of them at the process that is not killed would prove nothing.
    followers = [Follower("somebody", each.http, "/live") for each in (client, therapist) for _ in range(3)]
    async with open_page(documented, conversation) as visitor:
        loaded = await visitor.page.evaluate("performance.timeOrigin")
        following = [asyncio.create_task(each.follow()) for each in followers]
        await asyncio.gather(*(each.begun.wait() for each in followers))
        await write_while_each_dies(demonstration, ledgers, list(sends.values()))
        check_ins, *messages = [{str(written) for written in ledger.acknowledged} for ledger in ledgers]
        sent = set[str]().union(*messages)
        async with asyncio.timeout(SOON):
            while not all(each.has_heard(sent) for each in followers):  # noqa: ASYNC110  # streams have no event for it
                await asyncio.sleep(0.05)
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        await visitor.page.wait_for_function(ALL_SHOWN, arg=list(sent))
        shown = Counter(await visitor.page.evaluate(SHOWN))
        assert await visitor.page.evaluate("performance.timeOrigin") == loaded
    async with program_of(documented) as program:
        there = [
            *await every_item(program, f"/api/messaging/conversations/{conversation}/messages"),
            *await every_item(program, "/api/portal/check-ins"),
        ]
    stored = Counter(one["id"] for one in there)
    for browser in (client, therapist):
        await browser.http.aclose()

    breaks = sum(each.breaks for each in followers)
    record_property("counted", f"two webs, each killed once: {len(sent)} messages to 6 streams over {breaks} breaks")
    assert breaks > 0, "no stream was at a process that died"
    assert [refusal for ledger in ledgers for refusal in ledger.refused] == []
    assert {stored[one] for one in sent | check_ins} == {1}
    assert {shown[one] for one in sent} == {1}
    for each in followers:
        assert {message for message, _ in each.heard} == sent
        assert each.refused.total() == 0


async def write_while_each_dies(demonstration: Demonstration, ledgers: list[Ledger], sends: list[Send]) -> None:
    """Returns once everything that was begun is acknowledged."""
    stop = asyncio.Event()
    writing = [
        asyncio.create_task(ledger.keep_writing(send, stop)) for ledger, send in zip(ledgers, sends, strict=True)
    ]
    for web in WEBS:
        await until_written(ledgers, 5)
        dead = kill(demonstration, web)
        await until_written(ledgers, 5)
        await asyncio.to_thread(wait_for_the_next, demonstration, web, dead)
    stop.set()
    await asyncio.gather(*writing)
