"""A body over its limit is refused as a problem, whether the app's limit or a router's narrower one refuses it."""

from starlette.datastructures import Headers
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from afterglow_foundation import errors


class BodyLimit:
    """Pure ASGI middleware around Starlette's limiter, whose own answer is plain text.

    FastAPI's `max_body_size` for the app would stand outside all our middleware: no request id, no log line.
    """

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self.limited = RequestBodyLimitMiddleware(app, max_body_size=largest)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = False

        async def send_problem(message: Message) -> None:
            nonlocal refused
            if is_plain_refusal(message):
                refused = True
                await errors.respond(Request(scope), errors.PayloadTooLarge())(scope, receive, send)
            elif not refused:
                await send(message)

        await self.limited(scope, receive, send_problem)


def is_plain_refusal(message: Message) -> bool:
    """True for the start of the limiter's own answer."""
    if message["type"] != "http.response.start" or message["status"] != errors.PayloadTooLarge.status:
        return False
    return Headers(raw=message["headers"]).get("content-type", "").startswith("text/plain")
