"""Bytes of a form that are no UTF-8 become NUL, which nobody types; else they read as U+FFFD, which somebody may."""

import re
from urllib.parse import quote_plus, unquote_to_bytes

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FORM = "application/x-www-form-urlencoded"
LARGEST = 1024 * 1024  # bytes looked at: more than any route takes
NO_CHARACTER = re.compile("[\udc80-\udcff]+")  # bytes that Python could not decode


class BrokenForms:
    """Pure ASGI middleware; whatever is not a form, and every form that is in order, passes as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not Headers(scope=scope).get("content-type", "").lower().startswith(FORM):
            await self.app(scope, receive, send)
            return
        received = await read(receive)
        body = b"".join(message.get("body", b"") for message in received)
        whole = received[-1]["type"] == "http.request" and not received[-1].get("more_body", False)
        if whole and (mended := marked(body)) != body:
            received = [{"type": "http.request", "body": mended, "more_body": False}]
            scope = {**scope, "headers": [one for one in scope["headers"] if one[0] != b"content-length"]}
        waiting = iter(received)

        async def again() -> Message:
            return next(waiting, None) or await receive()

        await self.app(scope, again, send)


async def read(receive: Receive) -> list[Message]:
    """The messages of a body, up to the last one or to more than is looked at."""
    received: list[Message] = []
    size = 0
    while size <= LARGEST:
        message = await receive()
        received.append(message)
        size += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            break
    return received


def marked(body: bytes) -> bytes:
    """The same form with NUL for each run of bytes that is no text; in order it comes back as it is."""
    if is_text(unquote_to_bytes(body)):
        return body
    return b"&".join(b"=".join(map(in_order, part.split(b"=", 1))) for part in body.split(b"&"))


def is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def in_order(encoded: bytes) -> bytes:
    content = unquote_to_bytes(encoded.replace(b"+", b" "))
    if is_text(content):
        return encoded
    return quote_plus(NO_CHARACTER.sub("\0", content.decode(errors="surrogateescape"))).encode()
