"""Uploads in parts: tus 1.0's core protocol over HTTP, as every room that takes files speaks it.

`HEAD` tells how far an upload is, `PATCH` adds what comes next, and whoever names another offset is told the right
one. So an upload goes on where it was, whatever died in between.
"""

from typing import Annotated, Any

from fastapi import Header
from starlette.requests import Request

from afterglow_foundation.errors import (
    Conflict,
    FieldError,
    InvalidInput,
    PayloadTooLarge,
    Problem,
    UnsupportedMediaType,
)

TUS = "1.0.0"
PART_TYPE = "application/offset+octet-stream"
SMALLEST_PART = 32 * 1024  # but for the last: each is a row, and the first has to show what it is
LARGEST_PART = 512 * 1024  # what a cut connection costs at most, and what one request holds in memory
OFFSET = {"headers": {"Upload-Offset": {"schema": {"type": "integer"}, "required": True}}}
PART: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {PART_TYPE: {"schema": {"type": "string", "format": "binary", "maxLength": LARGEST_PART}}},
    }
}


class OtherProtocolVersion(Problem):
    status, code, title = 412, "other_tus_version", "Only tus 1.0.0 is spoken here"

    def __init__(self) -> None:
        super().__init__(headers={"Tus-Version": TUS})


class WrongOffset(Conflict):
    """The right one stands in `Upload-Offset`."""

    code, title = "wrong_offset", "The upload is at another place"

    def __init__(self, received: int) -> None:
        super().__init__(headers={"Upload-Offset": str(received)})


async def spoken(tus_resumable: Annotated[str, Header(max_length=20)] = TUS) -> None:
    """The version of tus that a program speaks; one that says none is taken as it comes."""
    if tus_resumable != TUS:
        raise OtherProtocolVersion


async def part_sent(request: Request) -> bytes:
    """The body of a PATCH. Raises UnsupportedMediaType for one that is called anything else."""
    if request.headers.get("content-type", "").strip().lower() != PART_TYPE:
        raise UnsupportedMediaType(f"Send it as {PART_TYPE}.")
    return await request.body()


def progress(received: int) -> dict[str, str]:
    """The headers that say how far an upload is."""
    return {"Upload-Offset": str(received), "Tus-Resumable": TUS, "Cache-Control": "no-store"}


def is_last(content: bytes, *, offset: int, size: int) -> bool:
    """Whether a part ends an upload of `size` bytes.

    Raises PayloadTooLarge for more than was declared, InvalidInput for a part that is too small.
    """
    end = offset + len(content)
    if end > size:
        raise PayloadTooLarge("This is more than was declared.")
    if end < size and len(content) < SMALLEST_PART:
        said = f"All parts but the last have {SMALLEST_PART} to {LARGEST_PART} bytes."
        raise InvalidInput(errors=[FieldError(field="body", code="too_small", message=said)])
    return end == size
