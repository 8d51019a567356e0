from typing import Annotated
from uuid import UUID

from afterglow_foundation.audit import AuditTrail
from afterglow_foundation.audit.trail import audit_trail
from afterglow_foundation.errors import (
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    Unavailable,
    responses,
)
from afterglow_foundation.permissions import authenticated
from fastapi import APIRouter, Depends, Query

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.conversations import service
from afterglow_messaging.conversations.schemas import ConversationOut, ConversationPage
from afterglow_messaging.people.policy import LiveSession
from afterglow_messaging.permissions import ReadConversations

router = APIRouter(
    prefix="/api/messaging/conversations",
    tags=["conversations"],
    dependencies=[Depends(authenticated)],
    responses=responses(NotAuthenticated, Forbidden, InvalidInput, Unavailable),
)
Audit = Annotated[AuditTrail, Depends(audit_trail)]


@router.get("")
async def list_conversations(
    caller: ReadConversations,
    session: LiveSession,
    audit: Audit,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    after: UUID | None = None,
) -> ConversationPage:
    """List the caller's conversations."""
    page = await service.list_conversations(session, caller, limit=limit, after=after)
    await audit.record(session, caller, AuditAction.conversations_listed)
    return page


@router.get("/{conversation_id}", responses=responses(NotFound))
async def read_conversation(
    conversation_id: UUID, caller: ReadConversations, session: LiveSession, audit: Audit
) -> ConversationOut:
    """Read who a conversation is between and whether it is still open."""
    found = await service.find_conversation(session, caller, conversation_id)
    await audit.record(
        session, caller, AuditAction.conversation_read, object_id=conversation_id, subject_id=found.client.id
    )
    return found
