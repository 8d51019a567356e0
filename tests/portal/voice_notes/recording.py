"""Recordings made by code, and their upload."""

from typing import Any

import httpx
from afterglow_foundation.identifiers import new_id

from tests.portal.journal.writing import JOURNAL

PART = {"content-type": "application/offset+octet-stream", "tus-resumable": "1.0.0"}
CHUNK = 32 * 1024
BEGINNINGS = {
    "audio/webm": b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm" + b"\0" * 80 + b"A_OPUS",
    "audio/ogg": b"OggS\0\x02" + b"\0" * 22 + b"OpusHead\x01\x01",
    "audio/mp4": b"\0\0\0\x1cftypM4A \0\0\x02\0M4A isomiso2",
    "audio/mpeg": b"ID3\x04\0\0\0\0\0\0\xff\xfb\x90\x64",
    "audio/wav": b"RIFF\x24\x80\0\0WAVEfmt \x10\0\0\0",
}


def sound(size: int = 3 * CHUNK + 100, kind: str = "audio/webm") -> bytes:
    """So many bytes that begin as that kind does; no part of them is like another."""
    numbered = b"".join(number.to_bytes(4, "big") for number in range(size // 4 + 1))
    return (BEGINNINGS[kind] + numbered)[:size]


def where(entry_id: object, note_id: object) -> str:
    return f"{JOURNAL}/{entry_id}/voice-notes/{note_id}"


def declared(content: bytes, **changes: Any) -> dict[str, Any]:
    return {"size": len(content), "media_type": "audio/webm;codecs=opus", "seconds": 12} | changes


async def send(http: httpx.AsyncClient, address: str, content: bytes, offset: int = 0) -> httpx.Response:
    """One part."""
    headers = PART | {"upload-offset": str(offset)}
    return await http.patch(f"{address}/content", content=content, headers=headers)


async def record(http: httpx.AsyncClient, entry_id: object, content: bytes | None = None) -> str:
    """Upload a whole note, which must be accepted; return its address."""
    content = content or sound()
    address = where(entry_id, new_id())
    made = await http.put(address, json=declared(content))
    assert made.status_code == 201, made.text
    for offset in range(0, len(content), CHUNK):
        stored = await send(http, address, content[offset : offset + CHUNK], offset)
        assert stored.status_code == 204, stored.text
    return address
