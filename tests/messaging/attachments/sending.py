"""Files made by code, and their upload."""

import io
from dataclasses import dataclass
from typing import Any

import httpx
from afterglow_foundation.identifiers import new_id
from PIL import Image

from tests.messaging.practice import Pair

PART = {"content-type": "application/offset+octet-stream", "tus-resumable": "1.0.0"}
CHUNK = 32 * 1024
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
BEGINNINGS = {
    "audio/ogg": b"OggS\0\x02" + b"\0" * 22 + b"OpusHead\x01\x01",
    "audio/mp4": b"\0\0\0\x1cftypM4A \0\0\x02\0M4A isomiso2",
    "audio/mpeg": b"ID3\x04\0\0\0\0\0\0\xff\xfb\x90\x64",
    "audio/wav": b"RIFF\x24\x80\0\0WAVEfmt \x10\0\0\0",
    "application/pdf": b"%PDF-1.7\n",
}


def numbered(size: int, kind: str = "application/pdf") -> bytes:
    """So many bytes that begin, and end, as that kind does; no part of them is like another."""
    end = b"%%EOF\n" if kind == "application/pdf" else b""
    counted = b"".join(number.to_bytes(4, "big") for number in range(size // 4 + 1))
    return (BEGINNINGS[kind] + counted)[: size - len(end)] + end


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **saved: Any) -> bytes:
    """Left half red, right half blue."""
    drawn = Image.new("RGB", size, "red")
    drawn.paste("blue", (size[0] // 2, 0, size[0], size[1]))
    content = io.BytesIO()
    drawn.save(content, kind, **saved)
    return content.getvalue()


def where(pair: Pair, attachment_id: object) -> str:
    return f"{pair.path}/attachments/{attachment_id}"


def declared(content: bytes, **changes: Any) -> dict[str, Any]:
    return {"size": len(content), "name": "letter.pdf"} | changes


async def send(http: httpx.AsyncClient, address: str, content: bytes, offset: int = 0) -> httpx.Response:
    """One part."""
    headers = PART | {"upload-offset": str(offset)}
    return await http.patch(f"{address}/content", content=content, headers=headers)


@dataclass(frozen=True)
class Upload:
    id: str
    address: str


async def upload(http: httpx.AsyncClient, pair: Pair, content: bytes, name: str = "letter.pdf") -> Upload:
    """Send all of a file, which must be accepted so far; nobody has judged it yet."""
    made = Upload(str(new_id()), "")
    made = Upload(made.id, where(pair, made.id))
    answer = await http.put(made.address, json=declared(content, name=name))
    assert answer.status_code == 201, answer.text
    for offset in range(0, len(content), CHUNK):
        stored = await send(http, made.address, content[offset : offset + CHUNK], offset)
        assert stored.status_code == 204, stored.text
    return made


async def finish(http: httpx.AsyncClient, made: Upload) -> httpx.Response:
    return await http.put(f"{made.address}/completion")


async def ready(http: httpx.AsyncClient, pair: Pair, content: bytes | None = None, name: str = "letter.pdf") -> Upload:
    """A file that a message can take."""
    made = await upload(http, pair, content or numbered(500), name)
    answer = await finish(http, made)
    assert answer.status_code == 200, answer.text
    return made


async def write(
    http: httpx.AsyncClient, pair: Pair, *uploads: Upload, message_id: object = None, text: str = "Hello"
) -> httpx.Response:
    """Send a message with these files."""
    body = {"text": text, "attachments": [one.id for one in uploads]}
    return await http.put(f"{pair.messages}/{message_id or new_id()}", json=body)
