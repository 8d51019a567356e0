"""The four services of one test, in one process: real apps on real PostgreSQL, web asking the other three.

What a cell of the matrix does is undone by a savepoint, so that each begins with the same people and records.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, fields
from typing import Any

import afterglow_auth.main
import afterglow_messaging.main
import afterglow_portal.main
import afterglow_web.main
import httpx
from afterglow_auth.settings import Settings as AuthSettings
from afterglow_foundation.client import ServiceClient
from afterglow_foundation.testing.databases import MigratedDatabase, RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL, TestIssuer
from afterglow_messaging.settings import Settings as MessagingSettings
from afterglow_portal.settings import Settings as PortalSettings
from afterglow_web.settings import Settings as WebSettings
from afterglow_web.upstreams import Upstreams
from fastapi import FastAPI
from joserfc.jwk import ECKey
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.types import Message

SERVICES = ("auth", "portal", "messaging", "web")
STREAM = "text/event-stream"
MakeDatabase = Callable[[str, str], MigratedDatabase]


class Door(httpx.AsyncBaseTransport):
    """An app in process: one request at a time (its database is one connection), and of a stream only its beginning."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.lock = asyncio.Lock()
        self.running: set[asyncio.Future[httpx.Response]] = set()

    async def settled(self) -> None:
        """Wait for a request whose asker has gone already, as when the other of two at once was refused."""
        while self.running:
            await asyncio.wait(self.running)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """A request whose asker loses patience goes on to its end: half of one would break the connection for all."""
        asked = asyncio.ensure_future(self.exchange(request, await request.aread()))
        self.running.add(asked)  # the event loop itself would not keep it
        asked.add_done_callback(self.running.discard)
        return await asyncio.shield(asked)

    async def exchange(self, request: httpx.Request, body: bytes) -> httpx.Response:
        async with self.lock:
            return await Exchange(self.app, request, body).run()


class Exchange:
    """One request and what comes back; a stream of events is hung up on as soon as it has begun."""

    def __init__(self, app: FastAPI, request: httpx.Request, body: bytes) -> None:
        self.app, self.request, self.body = app, request, body
        self.start: Message = {}
        self.parts: list[bytes] = []
        self.begun, self.gone = asyncio.Event(), asyncio.Event()
        self.asked = False

    async def run(self) -> httpx.Response:
        answering = asyncio.ensure_future(self.app(self.scope(), self.receive, self.send))
        hanging_up = asyncio.ensure_future(self.begun.wait())
        await asyncio.wait({answering, hanging_up}, return_when=asyncio.FIRST_COMPLETED)
        self.gone.set()
        await asyncio.wait({answering}, timeout=5)
        for task in (answering, hanging_up):
            task.cancel()
        failures = await asyncio.gather(answering, hanging_up, return_exceptions=True)
        if not self.start:
            raise next(failure for failure in failures if isinstance(failure, Exception))
        return httpx.Response(self.start["status"], headers=self.start["headers"], content=b"".join(self.parts))

    def scope(self) -> dict[str, Any]:
        url = self.request.url
        return {
            "type": "http",
            "http_version": "1.1",
            "method": self.request.method,
            "headers": [(name.lower(), value) for name, value in self.request.headers.raw],
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.split(b"?")[0],
            "query_string": url.query,
            "server": (url.host, url.port),
            "client": ("192.0.2.7", 50000),
            "root_path": "",
        }

    async def receive(self) -> Message:
        if self.asked:
            await self.gone.wait()
            return {"type": "http.disconnect"}
        self.asked = True
        return {"type": "http.request", "body": self.body, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            if STREAM in dict(message["headers"]).get(b"content-type", b"").decode():
                self.begun.set()
        elif message["type"] == "http.response.body":
            self.parts.append(message.get("body", b""))


@dataclass(frozen=True)
class House:
    """Apps and databases by the service's name."""

    issuer: TestIssuer
    doors: Mapping[str, Door]
    databases: Mapping[str, RolledBackDatabase]

    def app(self, service: str) -> FastAPI:
        return self.doors[service].app

    @asynccontextmanager
    async def undone(self, *services: str) -> AsyncIterator[None]:
        """Undo what happens inside in the databases of these services, or of all."""
        connections = [self.databases[service].connection for service in services or SERVICES]
        savepoints = [await connection.begin_nested() for connection in connections]
        try:
            yield
        finally:
            for door in self.doors.values():
                await door.settled()
            for savepoint in savepoints:
                await savepoint.rollback()

    @asynccontextmanager
    async def client(self, service: str, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
        """An HTTP client of one service that follows no redirect."""
        async with httpx.AsyncClient(transport=self.doors[service], base_url=BASE_URL, **options) as http:
            yield http


@asynccontextmanager
async def rolled_back(migrated: MigratedDatabase) -> AsyncIterator[RolledBackDatabase]:
    role = f"{migrated.service}_app"
    engine = create_async_engine(migrated.superuser_url)
    async with engine.connect() as connection:
        transaction = await connection.begin()
        await connection.execute(text(f"SET LOCAL ROLE {role}"))
        yield RolledBackDatabase(connection, role)
        await transaction.rollback()
    await engine.dispose()


@asynccontextmanager
async def open_house(
    make_database: MakeDatabase, issuer: TestIssuer, settings_values: dict[str, Any]
) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        databases = {
            service: await stack.enter_async_context(rolled_back(make_database(service, "unit")))
            for service in SERVICES
        }
        yield House(issuer, build(databases, issuer, settings_values), databases)


def build(databases: Mapping[str, RolledBackDatabase], issuer: TestIssuer, values: dict[str, Any]) -> dict[str, Door]:
    """Each service's app, built as in production on the database given; tokens are the test issuer's."""
    key = ECKey.generate_key("P-256", {"kid": "service-key"}, auto_kid=False)
    as_client = values | {"client_private_key": json.dumps(key.as_dict(private=True))}
    auth_settings = AuthSettings(**values, token_hashing_key="only for these tests", mfa_required_for_staff=False)
    portal_settings = PortalSettings(**as_client, client_id="portal")
    messaging_settings = MessagingSettings(**as_client, client_id="messaging")
    web_settings = WebSettings(**as_client, portal_url="http://unused.invalid", messaging_url="http://unused.invalid")
    known = {"keys": issuer.keys()}
    doors = {
        "auth": Door(afterglow_auth.main.create(auth_settings, database=databases["auth"], **known)),
        "portal": Door(afterglow_portal.main.create(portal_settings, database=databases["portal"], **known)),
        "messaging": Door(
            afterglow_messaging.main.create(messaging_settings, database=databases["messaging"], **known)
        ),
    }
    upstreams = {part.name: ServiceClient(BASE_URL, transport=doors[part.name]) for part in fields(Upstreams)}
    web = afterglow_web.main.create(web_settings, database=databases["web"], upstreams=Upstreams(**upstreams), **known)
    return {**doors, "web": Door(web)}
