from typing import Annotated
from uuid import UUID

from afterglow_foundation.audit import AuditTrail
from afterglow_foundation.audit.trail import audit_trail
from afterglow_foundation.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    Unavailable,
    responses,
)
from afterglow_foundation.permissions import authenticated
from fastapi import APIRouter, Depends, Response

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.messages import envelope
from afterglow_messaging.messages.schemas import MessageOut
from afterglow_messaging.messages.service import find_conversation
from afterglow_messaging.people.policy import LiveSession
from afterglow_messaging.permissions import WithdrawMessages
from afterglow_messaging.withdrawals import service

router = APIRouter(
    prefix="/api/messaging/conversations/{conversation_id}/messages/{message_id}/withdrawal",
    tags=["withdrawals"],
    dependencies=[Depends(authenticated)],
    responses=responses(NotAuthenticated, Forbidden, InvalidInput, NotFound, Unavailable),
)


@router.put(
    "",
    status_code=201,
    responses={200: {"model": MessageOut, "description": "It was withdrawn before"}, **responses(Conflict)},
)
async def withdraw_message(
    *,
    conversation_id: UUID,
    message_id: UUID,
    caller: WithdrawMessages,
    session: LiveSession,
    audit: Annotated[AuditTrail, Depends(audit_trail)],
    response: Response,
) -> MessageOut:
    """Withdraw one's own message within 24 hours of sending it. All see that there was one; nobody reads it any more.

    Whoever read it before has read it: this takes nothing out of their memory. Its words stay sealed for the record.
    """
    conversation = await find_conversation(session, caller, conversation_id, AuditAction.message_withdrawn)
    message, first = await service.withdraw(session, caller, conversation, message_id)
    if first:
        await audit.record(
            session, caller, AuditAction.message_withdrawn, object_id=message_id, subject_id=conversation.client_id
        )
    else:
        response.status_code = 200
    return envelope.described(message, None)
