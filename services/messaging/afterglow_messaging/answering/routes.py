from typing import Annotated
from uuid import UUID

from afterglow_foundation.audit import AuditTrail
from afterglow_foundation.audit.trail import audit_trail
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
from fastapi import APIRouter, Depends, Response

from afterglow_messaging.answering import service
from afterglow_messaging.answering.schemas import AnswerTargetBody, NoAnswerBody, WaitingList
from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.messages.service import find_conversation
from afterglow_messaging.people.policy import LiveSession
from afterglow_messaging.permissions import ManageAnswers

router = APIRouter(
    prefix="/api/messaging",
    tags=["answering"],
    dependencies=[Depends(authenticated)],
    responses=responses(NotAuthenticated, Forbidden, Unavailable),
)
Audit = Annotated[AuditTrail, Depends(audit_trail)]


@router.get("/waiting")
async def list_waiting(caller: ManageAnswers, session: LiveSession, audit: Audit) -> WaitingList:
    """For a therapist: who waits for an answer, the longest first."""
    found = await service.waiting(session, caller)
    await audit.record(session, caller, AuditAction.conversations_listed)
    return found


@router.put(
    "/conversations/{conversation_id}/no-answer-needed",
    status_code=204,
    responses=responses(BadRequest, InvalidInput, NotFound, PayloadTooLarge, UnsupportedMediaType),
)
async def needs_no_answer(
    *, conversation_id: UUID, said: NoAnswerBody, caller: ManageAnswers, session: LiveSession, audit: Audit
) -> Response:
    """Say that a conversation needs no answer up to a message; what comes later waits again. Safe to repeat."""
    conversation = await find_conversation(session, caller, conversation_id, AuditAction.answer_not_needed)
    if await service.needs_no_answer(session, caller, conversation, said.sequence):
        subject = conversation.client_id
        await audit.record(
            session, caller, AuditAction.answer_not_needed, object_id=conversation_id, subject_id=subject
        )
    return Response(status_code=204)


@router.get("/answer-target")
async def read_target(caller: ManageAnswers, session: LiveSession) -> AnswerTargetBody:
    """Within how many hours the caller wants to answer."""
    return await service.target(session, caller)


@router.put("/answer-target", responses=responses(BadRequest, InvalidInput, PayloadTooLarge, UnsupportedMediaType))
async def set_target(
    wanted: AnswerTargetBody, caller: ManageAnswers, session: LiveSession, audit: Audit
) -> AnswerTargetBody:
    """Set it, or with null have none; again, it changes nothing."""
    if await service.set_target(session, caller, wanted):
        await audit.record(session, caller, AuditAction.answer_target_set, object_id=caller.person)
    return wanted
