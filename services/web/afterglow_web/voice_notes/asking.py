"""What pages ask of portal about voice notes, with the signed-in person's own token."""

from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated
from uuid import UUID

from afterglow_design.security_headers import PAGE_POLICY, ContentSecurityPolicy
from afterglow_foundation.client import ServiceClient, UpstreamProblem
from afterglow_foundation.uploads import PART_TYPE
from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.downloads import streamed
from afterglow_web.portal import read
from afterglow_web.session.tokens import AccessToken
from afterglow_web.voice_notes.records import VoiceNote, VoiceNotes

PLAYING: ContentSecurityPolicy = MappingProxyType({**PAGE_POLICY, "media-src": ("'self'",)})
PART = 256 * 1024  # bytes; portal takes 32 to 512 KiB


class Voice:
    """Voice notes for one request. Every method raises UpstreamProblem for a refusal, Unavailable for no answer."""

    def __init__(self, client: ServiceClient, token: str) -> None:
        self._client = client
        self._token = token

    async def of(self, entry: UUID, *, client: UUID | None = None) -> list[VoiceNote]:
        """Those of an entry that are whole; none where there is no such entry or draft yet."""
        params = {"client": str(client)} if client else {}
        try:
            answer = await self._client.request("GET", where(entry), token=self._token, params=params)
        except UpstreamProblem as problem:
            if problem.upstream_status == HTTPStatus.NOT_FOUND:
                return []
            raise
        return read(answer, VoiceNotes).whole

    async def declare(self, entry: UUID, note: UUID, body: object) -> VoiceNote:
        return read(await self._client.request("PUT", where(entry, note), token=self._token, json=body), VoiceNote)

    async def add_part(self, entry: UUID, note: UUID, offset: int, content: bytes) -> int:
        """Store one part; return where the next one begins."""
        address = f"{where(entry, note)}/content"
        kind, headers = (content, PART_TYPE), {"Upload-Offset": str(offset)}
        answer = await self._client.request("PATCH", address, token=self._token, picture=kind, headers=headers)
        return int(answer.headers["upload-offset"])

    async def send(self, entry: UUID, note: UUID, content: bytes, kind: str) -> None:
        """All of a file."""
        await self.declare(entry, note, {"size": len(content), "media_type": kind})
        for offset in range(0, len(content), PART):
            await self.add_part(entry, note, offset, content[offset : offset + PART])

    async def erase(self, entry: UUID, note: UUID) -> None:
        await self._client.request("DELETE", where(entry, note), token=self._token)

    async def play(self, request: Request, entry: UUID, note: UUID, *, client: UUID | None = None) -> Response:
        """The recording as it comes, or the range that the browser asks for."""
        params = {"client": str(client)} if client else {}
        wanted = {"Range": request.headers["range"]} if "range" in request.headers else {}
        address = f"{where(entry, note)}/content"
        try:
            answer = await self._client.open(address, token=self._token, params=params, headers=wanted)
        except UpstreamProblem as problem:
            if problem.upstream_status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return Response(status_code=problem.upstream_status)
            raise
        return streamed(answer)


def where(entry: UUID, note: UUID | None = None) -> str:
    return f"/api/portal/journal/{entry}/voice-notes" + (f"/{note}" if note else "")


async def voice_of(request: Request, token: AccessToken) -> Voice:
    return Voice(request.app.state.upstreams.portal, token)


VoiceForPerson = Annotated[Voice, Depends(voice_of)]
