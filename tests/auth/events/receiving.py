"""A receiver in front of auth, for tests: its token, its snapshot and its polls, as raw as they go over the wire."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

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
