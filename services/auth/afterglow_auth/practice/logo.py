"""Logos: whatever picture comes, what is kept and served is a small PNG of our own making, with nothing else in it."""

import asyncio
import hashlib
from io import BytesIO
from typing import Annotated

from afterglow_foundation.errors import FieldError, InvalidInput, UnsupportedMediaType
from fastapi import Depends
from starlette.requests import Request

from afterglow_auth.practice.models import PracticeLogo

LARGEST_UPLOAD = 1_000_000  # bytes; a form that carries it in a browser still fits into what the gateway lets through
LARGEST_PICTURE = 16_000_000  # points: what is opened is at most four bytes for each
LONGEST_SIDE = 512
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in FORMATS},
    }
}


class UnfitLogo(InvalidInput):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(errors=[FieldError(field="logo", code=code, message=message)])


async def sent_logo(request: Request) -> PracticeLogo:
    """The request's picture, drawn anew. Raises UnsupportedMediaType, and UnfitLogo for what is none."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in FORMATS:
        raise UnsupportedMediaType("Send it as image/png, image/jpeg or image/webp.")
    image = await asyncio.to_thread(redraw, await request.body())
    return PracticeLogo(hash=hashlib.sha256(image).hexdigest(), image=image)


SentLogo = Annotated[PracticeLogo, Depends(sent_logo)]


def too_large() -> UnfitLogo:
    return UnfitLogo("too_large", "A picture of at most 16 million points, such as 4000 by 4000.")


def refuse_large(width: int, height: int) -> None:
    """Raise UnfitLogo by what the picture says of itself, before any of it is unpacked."""
    if width * height > LARGEST_PICTURE:
        raise too_large()


def redraw(data: bytes) -> bytes:
    """A PNG of at most 512 points a side. What it is decides its content, never its name or its declared type."""
    from PIL import Image, ImageOps  # noqa: PLC0415  # a few MiB, for what happens once a year

    # Pillow's readers raise whatever a broken file makes them stumble over.
    try:
        with Image.open(BytesIO(data), formats=tuple(FORMATS.values())) as picture:
            refuse_large(*picture.size)
            upright = ImageOps.exif_transpose(picture).convert("RGBA")
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    except UnfitLogo:
        raise
    except Image.DecompressionBombError as error:
        raise too_large() from error
    except Exception as error:
        raise UnfitLogo("no_picture", "A PNG, JPEG or WebP picture that can be opened.") from error
    blank = Image.new("RGBA", upright.size)
    blank.paste(upright)  # points only: texts, places and profiles stay behind
    drawn = BytesIO()
    blank.save(drawn, "PNG", optimize=True)
    return drawn.getvalue()
