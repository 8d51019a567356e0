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
from pydantic import UUID7

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.keys import ConversationKeys
from afterglow_messaging.messages.routes import LARGEST_BODY
from afterglow_messaging.messages.service import find_conversation
from afterglow_messaging.people.policy import LiveSession
from afterglow_messaging.permissions import SendMessages
from afterglow_messaging.scheduled import service
from afterglow_messaging.scheduled.schemas import ScheduledChangeIn, ScheduledIn, ScheduledList, ScheduledOut

ONE = "/conversations/{conversation_id}/scheduled-messages/{message_id}"
WRITTEN = responses(BadRequest, Conflict, NotFound, PayloadTooLarge, UnsupportedMediaType)
router = APIRouter(
    prefix="/api/messaging",
    tags=["scheduled messages"],
    dependencies=[Depends(authenticated)],
    responses=responses(NotAuthenticated, Forbidden, InvalidInput, Unavailable),
    max_body_size=LARGEST_BODY,
)
Audit = Annotated[AuditTrail, Depends(audit_trail)]


@router.get("/scheduled-messages")
async def list_scheduled(
    *,
    caller: SendMessages,
    session: LiveSession,
    store: ConversationKeys,
    conversation: UUID | None = None,
    refused: bool = False,
) -> ScheduledList:
    """What the caller wrote for later, and what of it was not sent, or that alone (`refused`).

    Not audited: nobody else wrote or sees it.
    """
    return await service.waiting(session, store, caller, conversation, refused=refused)


@router.put(
    ONE, status_code=201, responses={200: {"model": ScheduledOut, "description": "It was scheduled before"}, **WRITTEN}
)
async def schedule(
    *,
    conversation_id: UUID,
    message_id: UUID7,
    body: ScheduledIn,
    caller: SendMessages,
    session: LiveSession,
    store: ConversationKeys,
    audit: Audit,
    response: Response,
) -> ScheduledOut:
    """Have a message sent later; again with the same id, words and moment it schedules nothing more."""
    action = AuditAction.message_scheduled
    conversation = await find_conversation(session, caller, conversation_id, action)
    made, new = await service.schedule(session, store, caller, conversation, message_id=message_id, body=body)
    if new:
        await audit.record(session, caller, action, object_id=message_id, subject_id=conversation.client_id)
    else:
        response.status_code = 200
    return made


@router.post(f"{ONE}/versions", responses=WRITTEN)
async def change(
    *,
    conversation_id: UUID,
    message_id: UUID,
    body: ScheduledChangeIn,
    caller: SendMessages,
    session: LiveSession,
    store: ConversationKeys,
    audit: Audit,
) -> ScheduledOut:
    """Change its words or its moment, as long as it has not gone out; then there is none any more."""
    action = AuditAction.message_scheduled
    conversation = await find_conversation(session, caller, conversation_id, action)
    changed = await service.change(session, store, caller, conversation, message_id=message_id, body=body)
    await audit.record(session, caller, action, object_id=message_id, subject_id=conversation.client_id)
    return changed


@router.delete(ONE, status_code=204, responses=responses(NotFound))
async def take_back(
    *, conversation_id: UUID, message_id: UUID, caller: SendMessages, session: LiveSession, audit: Audit
) -> Response:
    """Take it back as long as it has not gone out, or put away one that was not sent."""
    action = AuditAction.message_unscheduled
    conversation = await find_conversation(session, caller, conversation_id, action)
    await service.take_back(session, caller, conversation, message_id)
    await audit.record(session, caller, action, object_id=message_id, subject_id=conversation.client_id)
    return Response(status_code=204)
