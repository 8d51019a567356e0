from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.errors import Forbidden, InvalidInput, NotAuthenticated, NotFound, Unavailable, responses
from afterglow_foundation.permissions import authenticated
from fastapi import APIRouter, Depends
from starlette.requests import Request

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.availability import service
from afterglow_messaging.availability.schemas import AvailabilityOut
from afterglow_messaging.messages.service import find_conversation
from afterglow_messaging.people.policy import LiveSession
from afterglow_messaging.permissions import ReadConversations

router = APIRouter(
    prefix="/api/messaging/conversations/{conversation_id}",
    tags=["availability"],
    dependencies=[Depends(authenticated)],
    responses=responses(NotAuthenticated, Forbidden, InvalidInput, NotFound, Unavailable),
)


@router.get("/availability")
async def read_availability(
    conversation_id: UUID, caller: ReadConversations, session: LiveSession, request: Request
) -> AvailabilityOut:
    """Whether the practice is open now, and how soon its therapist has answered over the last weeks.

    Not audited: nothing of what was written is touched, and it is asked for on every page of a conversation. Nothing
    is promised by it, and nothing hindered: a message is taken at any hour.
    """
    found = await find_conversation(session, caller, conversation_id, AuditAction.conversation_read)
    hours = request.app.state.practice.office_hours
    return await service.availability(session, found.id, hours, datetime.now(UTC))
