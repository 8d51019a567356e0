"""Attachments over HTTP: declare one, send it in parts (tus 1.0's core protocol), finish it, remove it, download it."""

from typing import Annotated, Any
from uuid import UUID

from afterglow_foundation.audit import AuditTrail
from afterglow_foundation.audit.trail import audit_trail
from afterglow_foundation.database import SingleStatement
from afterglow_foundation.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    PayloadTooLarge,
    Unavailable,
    UnsupportedMediaType,
    responses,
)
from afterglow_foundation.permissions import authenticated
from afterglow_foundation.uploads import LARGEST_PART, OFFSET, PART, OtherProtocolVersion, part_sent, progress, spoken
from fastapi import APIRouter, Depends, Header
from pydantic import UUID7
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from afterglow_messaging.attachments import downloading, uploading
from afterglow_messaging.attachments.finishing import Bench
from afterglow_messaging.attachments.kinds import FileKind
from afterglow_messaging.attachments.schemas import LARGEST_COUNT, UploadBody, UploadOut
from afterglow_messaging.attachments.uploading import Target
from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.keys import ConversationKeys
from afterglow_messaging.messages.service import find_key
from afterglow_messaging.people.policy import LiveSession
from afterglow_messaging.permissions import ReadMessages, SendMessages

ATTACHMENT = "/{attachment_id}"
router = APIRouter(
    prefix="/api/messaging/conversations/{conversation_id}/attachments",
    tags=["attachments"],
    dependencies=[Depends(authenticated)],
    responses=responses(NotAuthenticated, Forbidden, InvalidInput, NotFound, Unavailable),
    max_body_size=LARGEST_PART,
)
SENT = responses(BadRequest, Conflict, PayloadTooLarge, UnsupportedMediaType)
AGAIN: dict[int | str, dict[str, Any]] = {200: {"model": UploadOut, "description": "Declared before, and how far"}}
FILE = {str(kind): {"schema": {"type": "string", "format": "binary"}} for kind in FileKind}


async def bench_of(request: Request) -> Bench:
    bench: Bench = request.app.state.bench
    return bench


@router.put(ATTACHMENT, status_code=201, response_model=UploadOut, responses={**SENT, **AGAIN})
async def declare_attachment(
    *,
    conversation_id: UUID,
    attachment_id: UUID7,
    body: UploadBody,
    caller: SendMessages,
    session: LiveSession,
    database: SingleStatement,
    store: ConversationKeys,
    request: Request,
) -> Response:
    """Say what will be sent, under an id the client made: 201 once, 200 with how far it is when it is said again."""
    key = await find_key(database, store, caller, conversation_id)
    target = Target(conversation_id, attachment_id)
    told, created = await uploading.declare(session, request.app.state.settings, key, caller, target, body=body)
    return Response(told.model_dump_json(), 201 if created else 200, media_type="application/json")


@router.head(
    f"{ATTACHMENT}/content",
    response_class=Response,  # without a content, and so without a type of one
    dependencies=[Depends(spoken)],
    responses={**responses(OtherProtocolVersion), 200: OFFSET},
)
async def tell_progress(
    conversation_id: UUID, attachment_id: UUID, caller: SendMessages, session: LiveSession
) -> Response:
    """How many bytes are stored (`Upload-Offset`), of how many (`Upload-Length`)."""
    upload = await uploading.own(session, caller, Target(conversation_id, attachment_id))
    return Response(headers={**progress(upload.received), "Upload-Length": str(upload.declared)})


@router.patch(
    f"{ATTACHMENT}/content",
    status_code=204,
    dependencies=[Depends(spoken)],
    responses={**SENT, **responses(OtherProtocolVersion), 204: OFFSET | {"description": "Stored"}},
    openapi_extra=PART,
)
async def add_part(
    *,
    conversation_id: UUID,
    attachment_id: UUID,
    caller: SendMessages,
    session: LiveSession,
    database: SingleStatement,
    store: ConversationKeys,
    upload_offset: Annotated[int, Header(ge=0, le=LARGEST_COUNT)],
    content: Annotated[bytes, Depends(part_sent)],
) -> Response:
    """Store the part that begins at `Upload-Offset`. 409 says in the same header where the upload really is.

    All parts but the last have 32 to 512 KiB. The first shows what the file is.
    """
    key = await find_key(database, store, caller, conversation_id)
    target = Target(conversation_id, attachment_id)
    upload = await uploading.append(session, key, caller, target, offset=upload_offset, content=content)
    return Response(status_code=204, headers=progress(upload.received))


@router.put(f"{ATTACHMENT}/completion", responses=responses(Conflict))
async def finish_attachment(
    conversation_id: UUID, attachment_id: UUID, caller: SendMessages, bench: Annotated[Bench, Depends(bench_of)]
) -> UploadOut:
    """Have a whole upload judged by its content, and make it ready for a message. Asked again, it answers the same."""
    return await bench.finish(caller, Target(conversation_id, attachment_id))


@router.get(f"{ATTACHMENT}/content", response_class=StreamingResponse, responses={200: {"content": FILE}})
async def download_attachment(
    *,
    conversation_id: UUID,
    attachment_id: UUID,
    caller: ReadMessages,
    session: LiveSession,
    database: SingleStatement,
    store: ConversationKeys,
    audit: Annotated[AuditTrail, Depends(audit_trail)],
) -> Response:
    """The file of a message, as a download. It is audited."""
    download = await downloading.begin(session, store, caller, Target(conversation_id, attachment_id))
    action = AuditAction.attachment_read
    await audit.record(session, caller, action, object_id=attachment_id, subject_id=download.client_id)
    pieces = download.pieces(database, caller)
    return StreamingResponse(pieces, headers=download.headers, media_type=download.about.media_type)


@router.delete(ATTACHMENT, status_code=204)
async def remove_attachment(
    conversation_id: UUID, attachment_id: UUID, caller: SendMessages, session: LiveSession
) -> None:
    """Take an upload away that no message has taken; what was sent stays."""
    await uploading.remove(session, caller, Target(conversation_id, attachment_id))
