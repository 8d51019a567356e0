"""What pages ask of messaging about files, with the signed-in person's own token."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import ServiceClient
from afterglow_foundation.uploads import PART_TYPE
from fastapi import Depends
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.attachments.records import Upload
from afterglow_web.downloads import streamed
from afterglow_web.portal import read
from afterglow_web.session.tokens import AccessToken

PART = 256 * 1024  # bytes; messaging takes 32 to 512 KiB


class Files:
    """Files of one request. Every method raises UpstreamProblem for a refusal, Unavailable for no answer."""

    def __init__(self, client: ServiceClient, token: str) -> None:
        self._client = client
        self._token = token

    async def declare(self, conversation: UUID, file: UUID, body: object) -> Upload:
        answer = await self._client.request("PUT", where(conversation, file), token=self._token, json=body)
        return read(answer, Upload)

    async def add_part(self, conversation: UUID, file: UUID, offset: int, content: bytes) -> int:
        """Store one part; return where the next one begins."""
        address, part = f"{where(conversation, file)}/content", (content, PART_TYPE)
        headers = {"Upload-Offset": str(offset)}
        answer = await self._client.request("PATCH", address, token=self._token, picture=part, headers=headers)
        return int(answer.headers["upload-offset"])

    async def finish(self, conversation: UUID, file: UUID) -> Upload:
        """Have it judged; from then on a message can take it."""
        answer = await self._client.request("PUT", f"{where(conversation, file)}/completion", token=self._token)
        return read(answer, Upload)

    async def send(self, conversation: UUID, file: UUID, content: UploadFile, *, size: int, name: str) -> Upload:
        """All of a file that came with a form, a part at a time."""
        await self.declare(conversation, file, {"size": size, "name": name})
        offset = 0
        while part := await content.read(PART):
            offset = await self.add_part(conversation, file, offset, part)
        return await self.finish(conversation, file)

    async def remove(self, conversation: UUID, file: UUID) -> None:
        await self._client.request("DELETE", where(conversation, file), token=self._token)

    async def download(self, conversation: UUID, file: UUID) -> Response:
        address = f"{where(conversation, file)}/content"
        return streamed(await self._client.open(address, token=self._token, params={}, headers={}))


def where(conversation: UUID, file: UUID) -> str:
    return f"/api/messaging/conversations/{conversation}/attachments/{file}"


async def files_of(request: Request, token: AccessToken) -> Files:
    return Files(request.app.state.upstreams.messaging, token)


FilesForPerson = Annotated[Files, Depends(files_of)]
