"""A browser's EventSource in process: what it gets, event by event, and its going away."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from afterglow_foundation.testing.people import BASE_URL
from fastapi import FastAPI
from starlette.types import Message

PATIENCE = 30.0


@dataclass(frozen=True)
class Event:
    """`id` is None where the event has none: the browser then remembers the one before."""

    name: str
    data: Any
    id: str | None


class EventSource:
    """Opens an address of the app with the browser's cookie, and holds it until `close`."""

    def __init__(self, app: FastAPI, cookie: str | None, address: str = "/live", **headers: str) -> None:
        self.sent: asyncio.Queue[Message] = asyncio.Queue()
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.gone = asyncio.Event()
        self.raw = ""
        given = {"accept": "text/event-stream", "sec-fetch-site": "same-origin", **headers}
        given |= {"cookie": f"web={cookie}"} if cookie else {}
        self.task = asyncio.create_task(app(scope(address, given), self.receive, self.send))

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.sent.put_nowait(message)
            return
        self.raw += message.get("body", b"").decode()
        while "\n\n" in self.raw:
            block, _, self.raw = self.raw.partition("\n\n")
            if event := parse(block):
                self.events.put_nowait(event)

    async def begun(self) -> Message:
        """The status and headers."""
        return await asyncio.wait_for(self.sent.get(), PATIENCE)

    async def next(self) -> Event:
        return await asyncio.wait_for(self.events.get(), PATIENCE)

    async def until(self, name: str) -> Event:
        """The next event of that name; others are passed over."""
        while (event := await self.next()).name != name:
            pass
        return event

    async def ended(self, within: float = 3.0) -> None:
        await asyncio.wait_for(asyncio.shield(self.task), within)

    async def close(self) -> None:
        self.gone.set()
        await asyncio.wait_for(self.task, PATIENCE)


def scope(address: str, headers: dict[str, str]) -> dict[str, Any]:
    parts, host = urlsplit(address), urlsplit(BASE_URL)
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        "scheme": host.scheme,
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "server": (host.hostname, host.port),
        "client": ("192.0.2.7", 50000),
        "root_path": "",
    }


def parse(block: str) -> Event | None:
    """One event; None for a comment or the time until a browser comes back."""
    fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
    if "data" not in fields:
        return None
    return Event(fields.get("event", "message"), json.loads(fields["data"]), fields.get("id"))
