from typing import Annotated
from uuid import UUID

from afterglow_foundation.audit import AuditTrail
from afterglow_foundation.audit.trail import audit_trail
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
from fastapi import APIRouter, Depends, Response

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.corrections import service
from afterglow_messaging.corrections.schemas import VersionIn, VersionList
from afterglow_messaging.keys import ConversationKeys
from afterglow_messaging.messages.routes import LARGEST_BODY
from afterglow_messaging.messages.schemas import MessageOut
from afterglow_messaging.messages.service import find_conversation
from afterglow_messaging.people.policy import LiveSession
from afterglow_messaging.permissions import CorrectMessages, ReadMessages

PURPOSE = "versions"  # tells this reading from that of the conversation
router = APIRouter(
    prefix="/api/messaging/conversations/{conversation_id}/messages/{message_id}/versions",
    tags=["corrections"],
    dependencies=[Depends(authenticated)],
    responses=responses(NotAuthenticated, Forbidden, InvalidInput, NotFound, Unavailable),
    max_body_size=LARGEST_BODY,
)
Audit = Annotated[AuditTrail, Depends(audit_trail)]


@router.get("")
async def list_versions(
    *,
    conversation_id: UUID,
    message_id: UUID,
    caller: ReadMessages,
    session: LiveSession,
    store: ConversationKeys,
    audit: Audit,
) -> VersionList:
    """Read what a message says and what it said before, unless it was withdrawn. It is audited."""
    conversation = await find_conversation(session, caller, conversation_id, AuditAction.messages_read)
    found = await service.list_versions(session, store, conversation, message_id)
    await audit.record(
        session,
        caller,
        AuditAction.messages_read,
        object_id=conversation_id,
        subject_id=conversation.client_id,
        purpose=PURPOSE,
    )
    return found


@router.post(
    "",
    status_code=201,
    responses={
        200: {"model": MessageOut, "description": "It was corrected so before"},
        **responses(BadRequest, Conflict, PayloadTooLarge, UnsupportedMediaType),
    },
)
async def correct_message(
    *,
    conversation_id: UUID,
    message_id: UUID,
    body: VersionIn,
    caller: CorrectMessages,
    session: LiveSession,
    store: ConversationKeys,
    audit: Audit,
    response: Response,
) -> MessageOut:
    """Correct one's own message within fifteen minutes of sending it. What it said before is kept for all to read.

    Repeating it with the same id and words changes nothing. A correction of words that are not the newest is refused.
    """
    conversation = await find_conversation(session, caller, conversation_id, AuditAction.message_corrected)
    corrected = await service.correct(session, store, caller, conversation, message_id=message_id, body=body)
    if not corrected.created:
        response.status_code = 200
        return corrected.message
    await audit.record(
        session, caller, AuditAction.message_corrected, object_id=message_id, subject_id=conversation.client_id
    )
    return corrected.message
