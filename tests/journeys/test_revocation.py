"""Somebody is disabled or signed out: portal, messaging, web and auth refuse them within three seconds, streams end.

Their access tokens live on for minutes, so it is the security events that are measured here, end to end, through the
gateway of the real demonstration. The three seconds are the contract itself: the one bound on time that a test asserts.
"""

import asyncio
import json
import math
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from afterglow_foundation.identifiers import new_id

from benchmarks.sign_in import REDIRECT_URI, SCOPES, hidden_fields
from tests.assurance import LONG
from tests.auth.arranging import Program, payload
from tests.journeys.visitor import Account, Demonstration

ROUNDS = 200 if LONG else 21
WITHIN = 3.0
LOOK_EVERY = 0.03
ADMIN_TOKEN_LASTS = 200.0
REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


@dataclass
class SignedIn:
    """One person at one browser, and a program with a token that it got in the same session of auth's."""

    http: httpx.AsyncClient
    program: httpx.AsyncClient
    account: Account
    token: str
    form_token: str

    @property
    def doors(self) -> dict[str, Callable[[], Awaitable[httpx.Response]]]:
        """What is asked of each service; portal and messaging are also asked to store something."""
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        entry = {"mood": 1, "felt_at": now, "time_zone": "UTC", "visibility": "only_me"}
        return {
            "auth": lambda: self.program.get("/api/accounts/me"),
            "portal": lambda: self.program.get("/api/portal/check-ins"),
            "portal, recording": lambda: self.program.put(f"/api/portal/check-ins/{new_id()}", json=entry),
            "messaging": lambda: self.program.get("/api/messaging/conversations"),
            "web": lambda: self.http.get("/check-ins"),
        }


@dataclass
class Office:
    """An admin who disables people and ends their sessions; to be opened before the clock starts."""

    demonstration: Demonstration
    http: httpx.AsyncClient
    token: str = ""
    got_at: float = -ADMIN_TOKEN_LASTS

    async def open(self) -> None:
        if time.monotonic() - self.got_at > ADMIN_TOKEN_LASTS:
            async with signed_in(self.demonstration, self.demonstration.of_role("admin")[0]) as admin:
                self.token, self.got_at = admin.token, time.monotonic()

    async def acts(self, method: str, path: str) -> None:
        answer = await self.http.request(method, path, headers={"authorization": f"Bearer {self.token}"})
        assert answer.is_success, answer.text


@dataclass
class Figures:
    """Seconds from asking for the end to the first refusal, by door."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def keep(self, door: str, seconds: float) -> None:
        self.seconds.setdefault(door, []).append(seconds)

    @property
    def all(self) -> list[float]:
        return sorted(one for each in self.seconds.values() for one in each)

    def said(self) -> str:
        parts = [f"{door} {percentile(sorted(found), 99):.3f}" for door, found in sorted(self.seconds.items())]
        return f"p50 {percentile(self.all, 50):.3f} s, p99 {percentile(self.all, 99):.3f} s ({', '.join(parts)})"


def percentile(values: list[float], wanted: int) -> float:
    return values[min(len(values) - 1, math.ceil(len(values) * wanted / 100) - 1)]


@asynccontextmanager
async def signed_in(demonstration: Demonstration, account: Account) -> AsyncIterator[SignedIn]:
    """Sign in at web, then let the public client have tokens in the same session."""
    async with httpx.AsyncClient(
        base_url=demonstration.base_url, follow_redirects=True, timeout=10, headers={"accept": "text/html"}
    ) as http:
        page = await http.get("/sign-in")
        fields = hidden_fields(page.text, "/auth/sign-in") | {"email": account.email, "password": account.password}
        page = await http.post("/auth/sign-in", data=fields, headers={"origin": demonstration.base_url})
        form_token = hidden_fields(page.text, "/sign-out")["csrf_token"]
        http.follow_redirects = False
        program = Program("demo-public", REDIRECT_URI, kind="public", scopes=SCOPES)
        given = await http.get("/auth/authorize", params=program.request())
        code = parse_qs(urlsplit(given.headers["location"]).query)["code"][0]
        token = (await http.post("/auth/token", data=program.code_form(code))).json()["access_token"]
        headers = {"authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=demonstration.base_url, timeout=10, headers=headers) as program:
            yield SignedIn(http, program, account, token, form_token)


def is_refused(answer: httpx.Response) -> bool:
    led_away = answer.status_code == HTTPStatus.SEE_OTHER and answer.headers["location"].startswith("/sign-in")
    return led_away or answer.status_code in REFUSED


async def watch(ask: Callable[[], Awaitable[httpx.Response]], since: asyncio.Future[float]) -> float:
    """Ask until refused; the seconds since the end was asked for. What was in flight before it does not count."""
    started = await since
    while not is_refused(await ask()):
        assert time.monotonic() - started < 10 * WITHIN, "never refused"
        await asyncio.sleep(LOOK_EVERY)
    return time.monotonic() - started


async def follow(http: httpx.AsyncClient, path: str, opened: asyncio.Event, since: asyncio.Future[float]) -> float:
    """A live stream: the seconds until it ends, or says that it is over."""
    async with http.stream("GET", path, timeout=10 * WITHIN) as answer:
        async for line in answer.aiter_lines():
            opened.set()
            if line == "event: over":
                break
    return time.monotonic() - await since


async def end(how: str, office: Office, person: SignedIn) -> None:
    if how == "disabled":
        await office.acts("PUT", f"/api/accounts/people/{person.account.id}/disablement")
    elif how == "ended by an admin":
        session = payload(person.token)["sid"]
        await office.acts("DELETE", f"/api/accounts/people/{person.account.id}/sessions/{session}")
    else:
        form = {"csrf_token": person.form_token}
        answer = await person.http.post(
            "/sign-out", data=form, headers={"origin": str(person.http.base_url).rstrip("/")}
        )
        assert answer.status_code == HTTPStatus.SEE_OTHER


async def one_round(how: str, office: Office, account: Account, figures: Figures) -> None:
    await office.open()
    async with signed_in(office.demonstration, account) as person:
        for door, ask in person.doors.items():
            answer = await ask()
            assert answer.is_success, (door, answer.status_code, answer.text)
        since: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        streams = {"messaging, live": (person.program, "/api/messaging/events"), "web, live": (person.http, "/live")}
        opened = {door: asyncio.Event() for door in streams}
        async with asyncio.TaskGroup() as watching:
            tasks = {door: watching.create_task(watch(ask, since)) for door, ask in person.doors.items()}
            for door, (http, path) in streams.items():
                tasks[door] = watching.create_task(follow(http, path, opened[door], since))
            for each in opened.values():
                await each.wait()
            since.set_result(time.monotonic())
            await end(how, office, person)
    assert payload(person.token)["exp"] > time.time() + 200  # it was not the token that ran out
    for door, task in tasks.items():
        figures.keep(door, task.result())
    if how == "disabled":
        await office.acts("DELETE", f"/api/accounts/people/{account.id}/disablement")


@pytest.mark.timeout(1500)
async def test_disabled_or_signed_out_people_are_refused_everywhere_within_three_seconds(
    demonstration: Demonstration, record_property: Any
):
    figures, clients = Figures(), cycle(demonstration.of_role("client"))
    async with httpx.AsyncClient(base_url=demonstration.base_url, timeout=10) as http:
        office = Office(demonstration, http)
        for _, how in zip(range(ROUNDS), cycle(["disabled", "ended by an admin", "signed out"]), strict=False):
            await one_round(how, office, next(clients), figures)
    record_property("counted", f"revocation to refusal, {ROUNDS} rounds: {figures.said()}")
    assert percentile(figures.all, 99) <= WITHIN


def kill(var: Path, program: str) -> None:
    """End a program of this run's demonstration as a power cut would; its supervisor starts it again."""
    process = json.loads((var / "running.json").read_text())["processes"][program]
    os.kill(process, signal.SIGKILL)


async def test_a_service_that_was_killed_meanwhile_never_lets_them_in_again(demonstration: Demonstration, var: Path):
    """Staff: until the service has heard from auth again they are told to wait, and then they are refused."""
    account = demonstration.of_role("therapist")[1]
    async with httpx.AsyncClient(base_url=demonstration.base_url, timeout=10) as http:
        office = Office(demonstration, http)
        await office.open()
        async with signed_in(demonstration, account) as therapist:
            doors = [lambda: therapist.program.get("/api/portal/caseload")]
            doors.append(lambda: therapist.program.get("/api/messaging/conversations"))
            for ask in doors:
                assert (await ask()).is_success
            for program in ("portal", "messaging"):
                kill(var, program)
            await office.acts("PUT", f"/api/accounts/people/{account.id}/disablement")
            seen = await asyncio.gather(*map(statuses_until_refused, doors))
        await office.acts("DELETE", f"/api/accounts/people/{account.id}/disablement")
    assert [status for each in seen for status in each if status < HTTPStatus.BAD_REQUEST] == []


async def statuses_until_refused(ask: Callable[[], Awaitable[httpx.Response]]) -> list[int]:
    found: list[int] = []
    async with asyncio.timeout(60):
        while not found or found[-1] not in REFUSED:
            found.append((await ask()).status_code)
            await asyncio.sleep(LOOK_EVERY)
    return found
