"""What a service sends to hand a notice over, as raw as it goes over the wire."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import httpx
from afterglow_auth.accounts.models import Person
from afterglow_auth.notices.models import Notice
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from sqlalchemy import select, update
from sqlmodel import col

from tests.auth.arranging import Browser, Program

NOTICES = "/internal/notices"


class HasId(Protocol):
    @property
    def id(self) -> UUID: ...


def notice(person: HasId, **changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    times = {"not_before": now.isoformat(), "expires_at": (now + timedelta(hours=3)).isoformat()}
    return {"person_id": str(person.id), "kind": "prompt"} | times | changes


class Service:
    """One that may hand notices over."""

    def __init__(self, browser: Browser, token: str) -> None:
        self.browser = browser
        self.token = token

    @classmethod
    async def of(cls, browser: Browser, database: RolledBackDatabase, name: str = "portal") -> "Service":
        async with database.arrange() as session:
            program = await Program(name, kind="service", scopes="security_events notices").register(session)
        form = {"grant_type": "client_credentials", "scope": "notices", **program.proof()}
        answer = await browser.client.post("/auth/token", data=form)
        return cls(browser, answer.json()["access_token"])

    async def put(self, body: dict[str, Any], notice_id: object = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"}
        return await self.browser.client.put(f"{NOTICES}/{notice_id or new_id()}", json=body, headers=headers)


async def be_quiet(database: RolledBackDatabase, person: Person, *hours: object) -> None:
    begin, end = hours or (None, None)
    async with database.arrange() as session:
        change = update(Person).where(col(Person.id) == person.id)
        await session.execute(change.values(quiet_from=begin, quiet_until=end))


async def notices(database: RolledBackDatabase) -> Sequence[Notice]:
    async with database.arrange() as session:
        return (await session.scalars(select(Notice).order_by(col(Notice.id)))).all()
