"""A receiver in front of auth, for tests: its token, its snapshot and its polls, as raw as they go over the wire."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from afterglow_foundation.security_events.streams import POLL_METHOD, STATUS_PATH, STREAMS_PATH, VERIFICATION_PATH

from tests.auth.arranging import Browser, Program

SNAPSHOT, POLL = "/internal/events/snapshot", "/internal/events/poll"


@dataclass
class Receiver:
    browser: Browser
    token: str
    client_id: str
    received: dict[UUID, str] = field(default_factory=dict)

    @classmethod
    async def of(cls, browser: Browser, program: Program) -> "Receiver":
        acting = {"grant_type": "client_credentials", "scope": "security_events", **program.proof()}
        answer = await browser.client.post("/auth/token", data=acting)
        return cls(browser, answer.json()["access_token"], program.client_id)

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    async def snapshot(self) -> dict[str, Any]:
        answer = await self.browser.client.get(SNAPSHOT, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def ask(self, body: dict[str, Any]) -> httpx.Response:
        return await self.browser.client.post(POLL, json=body, headers=self.headers)

    async def poll(self, **members: Any) -> dict[str, str]:
        """The tokens by `jti`; returns at once unless told otherwise."""
        answer = await self.ask({"returnImmediately": True, **members})
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["sets"])

    async def send(self, method: str, path: str, *, token: str | None = None, **sent: Any) -> httpx.Response:
        """Any request as this receiver, or with another token."""
        headers = self.headers if token is None else {"authorization": f"Bearer {token}"}
        return await self.browser.client.request(method, path, headers=headers, **sent)

    async def create(self, **wanted: Any) -> httpx.Response:
        """Ask for a stream: one that is polled."""
        return await self.send("POST", STREAMS_PATH, json={"delivery": {"method": POLL_METHOD}, **wanted})

    async def stream(self, **wanted: Any) -> dict[str, Any]:
        """The configuration of a new stream."""
        answer = await self.create(**wanted)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def set_status(self, stream_id: str, status: str, **sent: Any) -> httpx.Response:
        return await self.send("POST", STATUS_PATH, json={"stream_id": stream_id, "status": status, **sent})

    async def verify(self, stream_id: str, **sent: Any) -> httpx.Response:
        return await self.send("POST", VERIFICATION_PATH, json={"stream_id": stream_id, **sent})
