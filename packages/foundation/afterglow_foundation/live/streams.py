"""Server-sent events as an answer that costs little: one task that waits, and one that notices a reader's leaving."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, aclosing
from typing import Generic, TypeVar

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from afterglow_foundation.callers import Caller
from afterglow_foundation.live.listeners import Listener

MEDIA_TYPE = "text/event-stream"
RETRY = "retry: 2000\n"  # milliseconds until a browser comes back by itself; begins a stream
SILENCE = ": \n\n"
HEARTBEAT = 15.0
PATIENCE = 30.0  # for a reader that does not take what is sent
AnyListener = TypeVar("AnyListener", bound=Listener)


def event(name: str, data: str, cursor: object = None) -> str:
    """One event. `data` is one line of JSON; a reader that comes back names the last `cursor` that it got."""
    position = "" if cursor is None else f"id: {cursor}\n"
    return f"{position}event: {name}\ndata: {data}\n\n"


async def waking(listener: Listener, caller: Caller) -> AsyncGenerator[bool, None]:
    """True for each time the listener is woken, False for each silence; until it or the caller's token ends."""
    while (left := seconds_left(caller)) > 0:
        woken = await listener.woken(min(left, HEARTBEAT))
        if listener.ended:
            return
        yield woken


def seconds_left(caller: Caller) -> float:
    return caller.expires_at.timestamp() - time.time() if caller.expires_at else 0.0


class EventStream(Response, Generic[AnyListener]):
    """Sends `parts(listener)` while the listener is registered (`listening` does that)."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        listening: AbstractContextManager[AnyListener],
        parts: Callable[[AnyListener], AsyncGenerator[str, None]],
    ) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self.listening = listening
        self.parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        with self.listening as listener:
            leaving = asyncio.create_task(leave(receive, listener))
            try:
                await self.send_parts(listener, send)
            except TimeoutError:
                return  # unfinished: the server breaks the connection off
            finally:
                leaving.cancel()
        await send({"type": "http.response.body", "body": b""})

    async def send_parts(self, listener: AnyListener, send: Send) -> None:
        """Raise TimeoutError when the reader does not take them."""
        async with aclosing(self.parts(listener)) as parts:
            async for part in parts:
                async with asyncio.timeout(PATIENCE):
                    await send({"type": "http.response.body", "body": part.encode(), "more_body": True})


async def leave(receive: Receive, listener: Listener) -> None:
    """End the listener when the reader goes away."""
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.end()
