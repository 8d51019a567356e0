from typing import Annotated
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
from fastapi import APIRouter, Depends, Query, Response
from pydantic import UUID7

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.keys import ConversationKeys
from afterglow_messaging.messages import service
from afterglow_messaging.messages.schemas import MessageIn, MessageOut, MessagePage
from afterglow_messaging.people.policy import LiveSession
from afterglow_messaging.permissions import ReadMessages, SendMessages

LARGEST_NUMBER = 2**63 - 1
LARGEST_BODY = 128 * 1024  # 10,000 characters, each escaped as two \uXXXX, still fit
router = APIRouter(
    prefix="/api/messaging/conversations/{conversation_id}/messages",
    tags=["messages"],
    dependencies=[Depends(authenticated)],
    responses=responses(NotAuthenticated, Forbidden, InvalidInput, NotFound, Unavailable),
    max_body_size=LARGEST_BODY,
)


@router.get("")
async def list_messages(
    *,
    conversation_id: UUID,
    caller: ReadMessages,
    session: LiveSession,
    store: ConversationKeys,
    audit: Annotated[AuditTrail, Depends(audit_trail)],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[int, Query(ge=0, le=LARGEST_NUMBER)] = 0,
    before: Annotated[int | None, Query(ge=1, le=LARGEST_NUMBER)] = None,
) -> MessagePage:
    """Read messages in the order they were sent: the first after a number, or the last before one. It is audited."""
    conversation = await service.find_conversation(session, caller, conversation_id, AuditAction.messages_read)
    page = await service.list_messages(session, store, caller, conversation, service.Page(limit, after, before))
    await audit.record(
        session, caller, AuditAction.messages_read, object_id=conversation_id, subject_id=conversation.client_id
    )
    return page


@router.get("/{message_id}")
async def read_message(
    *,
    conversation_id: UUID,
    message_id: UUID,
    caller: ReadMessages,
    session: LiveSession,
    store: ConversationKeys,
    audit: Annotated[AuditTrail, Depends(audit_trail)],
) -> MessageOut:
    """Read one message, as where somebody replied to it. It is audited."""
    conversation = await service.find_conversation(session, caller, conversation_id, AuditAction.messages_read)
    message = await service.find_message(session, conversation, message_id, AuditAction.messages_read)
    await audit.record(
        session, caller, AuditAction.messages_read, object_id=conversation_id, subject_id=conversation.client_id
    )
    return await service.current(session, await service.key_of(session, store, conversation), message)


@router.put(
    "/{message_id}",
    status_code=201,
    responses={
        200: {"model": MessageOut, "description": "It was stored before"},
        **responses(BadRequest, Conflict, PayloadTooLarge, UnsupportedMediaType),
    },
)
async def send_message(
    *,
    conversation_id: UUID,
    message_id: UUID7,
    body: MessageIn,
    caller: SendMessages,
    database: SingleStatement,
    store: ConversationKeys,
    response: Response,
) -> MessageOut:
    """Send a message. Sending it again with the same id and words stores nothing and answers the first one."""
    sent = await service.send_message(
        database, store, caller, conversation_id=conversation_id, message_id=message_id, body=body
    )
    if not sent.created:
        response.status_code = 200
    return sent.message
