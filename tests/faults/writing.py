"""People who keep writing while programs die: each sends the same thing under the same id until it is acknowledged."""

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import repeat
from typing import Any
from uuid import UUID

import httpx
from afterglow_foundation.identifiers import new_id

from benchmarks.sign_in import api_tokens, hidden_fields, submit_password

BETWEEN_WRITES = 0.05
BETWEEN_TRIES = 0.1
SOON = 60.0
ACKNOWLEDGED = {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.SEE_OTHER}
Send = Callable[[UUID, str], Awaitable[httpx.Response]]


@dataclass
class Ledger:
    """What one writer sent: every acknowledged text by its id, how often it had to try again, and what was refused."""

    name: str
    acknowledged: dict[UUID, str] = field(default_factory=dict)
    repeated: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)

    async def keep_writing(self, send: Send, stop: asyncio.Event) -> None:
        """Write until told to stop; what has been begun is finished first."""
        while not stop.is_set():
            written, text = new_id(), f"{self.name} {len(self.acknowledged)}"
            await self.write(send, written, text)
            await asyncio.sleep(BETWEEN_WRITES)

    async def write(self, send: Send, written: UUID, text: str) -> None:
        """Send it until it is acknowledged, however long that takes: the test has a limit for it."""
        for wait in repeat(BETWEEN_TRIES):
            if await self.try_once(send, written, text):
                self.acknowledged[written] = text
                return
            await asyncio.sleep(wait)

    async def try_once(self, send: Send, written: UUID, text: str) -> bool:
        """Send it; False where no answer came or one that asks for another try. Anything else is kept as refused."""
        try:
            answer = await send(written, text)
        except httpx.TransportError as error:
            self.repeated[type(error).__name__] += 1
            return False
        if answer.status_code in ACKNOWLEDGED and "/sign-in" not in answer.headers.get("location", ""):
            return True
        if answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            self.refused.append(
                f"{self.name}: {answer.status_code} {answer.headers.get('location')} {answer.text[:300]}"
            )
        self.repeated[str(answer.status_code)] += 1
        return False


async def until_written(ledgers: list[Ledger], count: int) -> None:
    """Until each has had so many more acknowledged."""
    wanted = [len(ledger.acknowledged) + count for ledger in ledgers]
    async with asyncio.timeout(SOON):
        while any(len(ledger.acknowledged) < each for ledger, each in zip(ledgers, wanted, strict=True)):  # noqa: ASYNC110  # no event
            await asyncio.sleep(0.02)


class Renewing(httpx.Auth):
    """A program's access token, for which it asks anew in time. Where nobody answers, the request did not go out."""

    def __init__(self, base_url: str, account: dict[str, str]) -> None:
        self.base_url, self.account = base_url, account
        self.token, self.until = "", 0.0
        self.renewing = asyncio.Lock()

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        async with self.renewing:
            if time.monotonic() > self.until:
                await self.renew()
        request.headers["authorization"] = f"Bearer {self.token}"
        yield request

    async def renew(self) -> None:
        try:
            tokens = await asyncio.to_thread(api_tokens, self.base_url, self.account)
        except (httpx.HTTPError, LookupError) as error:  # a program that it needs for this is dead: no such form either
            raise httpx.ConnectError("nobody could be asked for a token") from error
        self.token, self.until = tokens["access_token"], time.monotonic() + tokens["expires_in"] / 2


def check_in(text: str, now: datetime) -> dict[str, Any]:
    return {
        "mood": 1,
        "note": text,
        "felt_at": now.isoformat(),
        "time_zone": "Europe/London",
        "visibility": "therapist",
    }


@dataclass
class Browser:
    """A signed-in browser without JavaScript; `form_token` stands in every form of its session."""

    http: httpx.AsyncClient
    form_token: str

    @classmethod
    def sign_in(cls, base_url: str, account: dict[str, str], trust: ssl.SSLContext | bool = True) -> "Browser":
        with httpx.Client(follow_redirects=True, timeout=30, verify=trust) as client:
            page = submit_password(client, client.get(f"{base_url}/sign-in"), account)
            assert page.status_code == HTTPStatus.OK, page.text
            token = hidden_fields(page.text, "/sign-out")["csrf_token"]
            cookies = httpx.Cookies({name: value for name, value in client.cookies.items() if name.endswith("web")})
        headers = {"accept": "text/html", "origin": base_url, "sec-fetch-site": "same-origin"}
        http = httpx.AsyncClient(base_url=base_url, cookies=cookies, headers=headers, timeout=10, verify=trust)
        return cls(http, token)

    async def post_check_in(self, written: UUID, text: str) -> httpx.Response:
        """As the form does it: no time, which web fills in anew at each try."""
        form = {"csrf_token": self.form_token, "id": str(written), "mood": "1", "note": text, "visibility": "therapist"}
        return await self.http.post("/check-ins", data=form)

    async def post_message(self, conversation: str, written: UUID, text: str) -> httpx.Response:
        form = {"csrf_token": self.form_token, "id": str(written), "text": text}
        return await self.http.post(f"/conversations/{conversation}/messages", data=form)

    def json_check_ins(self) -> Send:
        """As the page's own module does it: the same body at each try."""
        return putting(self.http, "/check-ins/{}", lambda text: check_in(text, datetime.now(UTC)))


def putting(http: httpx.AsyncClient, path: str, body: Callable[[str], dict[str, Any]]) -> Send:
    """PUT under the id; the body is made at the first try and stays."""
    made: dict[UUID, dict[str, Any]] = {}

    async def send(written: UUID, text: str) -> httpx.Response:
        return await http.put(path.format(written), json=made.setdefault(written, body(text)))

    return send
