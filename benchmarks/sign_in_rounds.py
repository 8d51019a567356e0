"""Whole sign-in rounds (authorize and its page, password, code, tokens), as a share of what hashing alone allows."""

import asyncio
import os
import re
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle
from urllib.parse import parse_qs, urlencode, urlsplit

from afterglow_auth.accounts.passwords import HASHER

from benchmarks.load import Answer, Measured, measure, request_bytes
from benchmarks.sign_in import REDIRECT_URI, authorization_query, challenge_of
from benchmarks.system import System
from benchmarks.ways import ROUNDS

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TOKEN_FIELD = re.compile(rb'name="csrf_token" value="([^"]+)"')
ASK_FIELD = re.compile(rb'name="ask" value="([^"]*)"')


def hash_only(seconds: float) -> Measured:
    """Verify a password in as many threads as there are cores, and do nothing else."""
    stored = HASHER.hash("a password of the bench")
    workers = os.cpu_count() or 1
    measured = Measured()
    started = time.perf_counter()

    def verify_until(end: float) -> list[float]:
        times = []
        while (begun := time.perf_counter()) < end:
            HASHER.verify("a password of the bench", stored)
            times.append((time.perf_counter() - begun) * 1000)
        return times

    with ThreadPoolExecutor(workers) as pool:
        for times in pool.map(verify_until, [started + seconds] * workers):
            measured.milliseconds += times
    measured.seconds = time.perf_counter() - started
    return measured


@dataclass
class Round:
    """One browser of one person that signs in to the public client again and again, each time without a session."""

    base_url: str
    account: dict[str, str]
    cookie: str = ""
    verifier: str = ""
    steps: Iterator[None] = field(init=False)
    _request: bytes = b""
    _answer: Answer | None = None

    def __post_init__(self) -> None:
        self.host = urlsplit(self.base_url).netloc
        self._begin()

    def request(self) -> bytes:
        return self._request

    def answered(self, answer: Answer) -> bool:
        """Go one step on; a round is done when its tokens came."""
        self._answer = answer
        done = next(self.steps, True) is True
        if done:
            self._begin()
        return done

    def _begin(self) -> None:
        self.steps = self._walk()
        next(self.steps)

    def _walk(self) -> Iterator[None]:
        self.verifier = secrets.token_urlsafe(48)
        query = urlencode(authorization_query(challenge_of(self.verifier)))
        yield self._send("GET", f"/auth/authorize?{query}")
        yield self._send("POST", "/auth/sign-in", self._password_form(), cookie=self._cookie())
        code = parse_qs(urlsplit(self._location()).query)["code"][0]
        yield self._send("POST", "/auth/token", self._code_form(code))

    def _send(self, method: str, path: str, form: dict[str, str] | None = None, *, cookie: str = "") -> None:
        headers = {"Origin": self.base_url, **(FORM if form else {}), **({"Cookie": cookie} if cookie else {})}
        body = urlencode(form).encode() if form else b""
        self._request = request_bytes(method, path, self.host, headers, body)

    def _received(self) -> Answer:
        if self._answer is None:
            raise LookupError("no answer yet")
        return self._answer

    def _location(self) -> str:
        return self._received().header("location").removeprefix(self.base_url)

    def _cookie(self) -> str:
        return self._received().header("set-cookie").partition(";")[0]

    def _password_form(self) -> dict[str, str]:
        page = self._received().body
        found = {"csrf_token": TOKEN_FIELD.search(page), "ask": ASK_FIELD.search(page)}
        fields = {name: match[1].decode().replace("&amp;", "&") for name, match in found.items() if match}
        return {**fields, "email": self.account["email"], "password": self.account["password"]}

    def _code_form(self, code: str) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": self.verifier,
            "client_id": "demo-public",
            "redirect_uri": REDIRECT_URI,
        }


@dataclass
class Figures:
    """What hashing alone gave, and what whole rounds did."""

    hashing: Measured = field(default_factory=Measured)
    rounds: Measured = field(default_factory=Measured)

    @property
    def ratio(self) -> float:
        return self.rounds.rate / self.hashing.rate


async def run(system: System, seconds: float) -> Figures:
    """Both in turn, so that a slow moment of the machine falls on both.

    As many browsers as there are clients: two rounds of one person at once would count as quick failures.
    """
    people = system.accounts("client")
    turns = cycle(people)
    figures = Figures()
    for _ in range(ROUNDS):
        figures.hashing.add(await asyncio.to_thread(hash_only, seconds / ROUNDS))
        once = await measure(
            system.base_url, lambda: Round(system.base_url, next(turns)), seconds / ROUNDS, len(people)
        )
        figures.rounds.add(once.require(200, 303))
    return figures
