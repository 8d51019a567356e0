"""Files of other services, passed on as they come: never whole in memory, and with the headers that keep them files."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from httpx import Response as Answer
from starlette.responses import StreamingResponse

PASSED_ON = (
    "accept-ranges",
    "cache-control",
    "content-disposition",
    "content-length",
    "content-range",
    "content-security-policy",
    "content-type",
    "x-content-type-options",
)


def streamed(answer: Answer) -> StreamingResponse:
    """An answer whose content is not read yet; it is closed when the reader has it all, or leaves."""
    headers = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
    return StreamingResponse(pieces(answer), answer.status_code, headers)


async def pieces(answer: Answer) -> AsyncIterator[bytes]:
    async with aclosing(answer):
        async for piece in answer.aiter_bytes():
            yield piece
