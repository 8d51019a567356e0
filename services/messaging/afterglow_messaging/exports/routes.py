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
from fastapi import APIRouter, Depends

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.exports import service
from afterglow_messaging.exports.schemas import ConversationExport
from afterglow_messaging.keys import ConversationKeys
from afterglow_messaging.people.policy import LiveSession
from afterglow_messaging.permissions import ExportConversations

router = APIRouter(
    prefix="/api/messaging/conversations/{conversation_id}/exports",
    tags=["exports"],
    dependencies=[Depends(authenticated)],
    responses=responses(NotAuthenticated, Forbidden, InvalidInput, NotFound, Conflict, Unavailable),
)


@router.post("")
async def export_conversation(
    conversation_id: UUID,
    caller: ExportConversations,
    session: LiveSession,
    store: ConversationKeys,
    audit: Annotated[AuditTrail, Depends(audit_trail)],
) -> ConversationExport:
    """Take a whole conversation out, once one has proved anew who one is. Nothing of it is kept here; it is audited."""
    taken = await service.export(session, store, caller, conversation_id)
    await audit.record(
        session, caller, AuditAction.conversation_exported, object_id=conversation_id, subject_id=taken.client.id
    )
    return taken
