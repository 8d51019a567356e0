"""Files of messages: the page's own upload in parts, and the download."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import UpstreamProblem
from fastapi import APIRouter, Depends, Header
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from afterglow_web.attachments.asking import FilesForPerson
from afterglow_web.permissions import ReadMessages, SendMessages
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.session.named_person import refuse_another_person
from afterglow_web.typed import Typed

FILE = "/conversations/{conversation_id}/attachments/{attachment_id}"
UNKEPT = {"Cache-Control": "no-store"}
router = APIRouter(dependencies=[Depends(refuse_cross_site)])


class Declared(BaseModel, extra="forbid"):
    """What the page's module is about to send."""

    size: int
    name: Typed


@router.put(FILE, dependencies=[Depends(refuse_another_person)])
async def declare(
    conversation_id: UUID, attachment_id: UUID, body: Declared, _: SendMessages, files: FilesForPerson
) -> Response:
    """Begin an upload, or hear how far it is."""
    told = await files.declare(conversation_id, attachment_id, body.model_dump())
    return JSONResponse({"received": told.received}, headers=UNKEPT)


@router.patch(FILE, dependencies=[Depends(refuse_another_person)])
async def add_part(
    *,
    request: Request,
    conversation_id: UUID,
    attachment_id: UUID,
    _: SendMessages,
    files: FilesForPerson,
    upload_offset: Annotated[int, Header(ge=0)],
) -> Response:
    """The next part; whoever is at another place is told the right one."""
    try:
        received = await files.add_part(conversation_id, attachment_id, upload_offset, await request.body())
    except UpstreamProblem as problem:
        if problem.upstream.code != "wrong_offset":
            raise
        return Response(status_code=HTTPStatus.CONFLICT, headers={**UNKEPT, **problem.headers})
    return Response(status_code=204, headers={**UNKEPT, "Upload-Offset": str(received)})


@router.put(f"{FILE}/completion", dependencies=[Depends(refuse_another_person)])
async def finish(conversation_id: UUID, attachment_id: UUID, _: SendMessages, files: FilesForPerson) -> Response:
    """Have it judged, so that a message can take it; the page shows its name as messaging has it."""
    told = await files.finish(conversation_id, attachment_id)
    return JSONResponse({"name": told.name}, headers=UNKEPT)


@router.post(f"{FILE}/removal")
async def remove(conversation_id: UUID, attachment_id: UUID, _: SendMessages, files: FilesForPerson) -> Response:
    """Take away what no message has taken."""
    await files.remove(conversation_id, attachment_id)
    return Response(status_code=204, headers=UNKEPT)


@router.get(FILE)
async def download(conversation_id: UUID, attachment_id: UUID, _: ReadMessages, files: FilesForPerson) -> Response:
    """The file itself, always as a download."""
    return await files.download(conversation_id, attachment_id)
