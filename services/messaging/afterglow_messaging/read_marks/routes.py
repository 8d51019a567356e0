from uuid import UUID

from afterglow_foundation.errors import (
    BadRequest,
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
from fastapi import APIRouter, Depends

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.messages.service import find_conversation
from afterglow_messaging.people.policy import LiveSession
from afterglow_messaging.permissions import CountUnread, MarkRead
from afterglow_messaging.read_marks import service
from afterglow_messaging.read_marks.schemas import ReadMarkIn, ReadMarkOut, UnreadOut
from afterglow_messaging.read_marks.unread import count_unread

router = APIRouter(
    prefix="/api/messaging",
    tags=["read marks"],
    dependencies=[Depends(authenticated)],
    responses=responses(NotAuthenticated, Forbidden, Unavailable),
)


@router.get("/unread")
async def unread(caller: CountUnread, session: LiveSession) -> UnreadOut:
    """Count what others wrote and the caller has not marked as read.

    Not audited: these are numbers about the caller's own conversations, asked for on every page; what was written
    is not touched, and one event a page would bury the readings that matter.
    """
    return await count_unread(session, caller)


@router.put(
    "/conversations/{conversation_id}/read-mark",
    responses=responses(BadRequest, InvalidInput, NotFound, PayloadTooLarge, UnsupportedMediaType),
)
async def mark_read(conversation_id: UUID, mark: ReadMarkIn, caller: MarkRead, session: LiveSession) -> ReadMarkOut:
    """Mark a conversation as read up to a message; safe to repeat, and it never goes back.

    Only the refusal is audited: the reading itself was, when the messages were fetched, and a mark says no more.
    """
    conversation = await find_conversation(session, caller, conversation_id, AuditAction.conversation_marked)
    return await service.mark_read(session, caller, conversation, mark.sequence)
