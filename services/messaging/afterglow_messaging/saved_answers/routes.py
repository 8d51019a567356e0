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
from afterglow_messaging.people.policy import LiveSession
from afterglow_messaging.permissions import SaveAnswers
from afterglow_messaging.saved_answers import service
from afterglow_messaging.saved_answers.schemas import ChangeIn, SavedAnswerIn, SavedAnswerNames, SavedAnswerOut

ONE = "/{answer_id}"
WRITTEN = responses(BadRequest, Conflict, InvalidInput, PayloadTooLarge, UnsupportedMediaType)
router = APIRouter(
    prefix="/api/messaging/saved-answers",
    tags=["saved answers"],
    dependencies=[Depends(authenticated)],
    responses=responses(NotAuthenticated, Forbidden, Unavailable),
    max_body_size=LARGEST_BODY,
)
Audit = Annotated[AuditTrail, Depends(audit_trail)]


@router.get("")
async def list_saved(caller: SaveAnswers, session: LiveSession, store: ConversationKeys) -> SavedAnswerNames:
    """One's own saved answers by name. Not audited: it is the reader's own writing, and about nobody."""
    return await service.names(session, store, caller)


@router.get(ONE, responses=responses(InvalidInput, NotFound))
async def read_saved(
    answer_id: UUID, caller: SaveAnswers, session: LiveSession, store: ConversationKeys
) -> SavedAnswerOut:
    """The words of one."""
    return await service.read(session, store, caller, answer_id)


@router.put(
    ONE, status_code=201, responses={200: {"model": SavedAnswerOut, "description": "It was saved before"}, **WRITTEN}
)
async def save(
    *,
    answer_id: UUID7,
    body: SavedAnswerIn,
    caller: SaveAnswers,
    session: LiveSession,
    store: ConversationKeys,
    audit: Audit,
    response: Response,
) -> SavedAnswerOut:
    """Save an answer; again with the same id and words it saves nothing."""
    saved, new = await service.save(session, store, caller, answer_id, body)
    if new:
        await audit.record(session, caller, AuditAction.saved_answer_added, object_id=answer_id)
    else:
        response.status_code = 200
    return saved


@router.post(f"{ONE}/versions", responses={**responses(NotFound), **WRITTEN})
async def change(
    *,
    answer_id: UUID,
    body: ChangeIn,
    caller: SaveAnswers,
    session: LiveSession,
    store: ConversationKeys,
    audit: Audit,
) -> SavedAnswerOut:
    """Change its name and words. Nothing earlier is kept: messages that were sent keep their own words."""
    changed = await service.change(session, store, caller, answer_id, body)
    await audit.record(session, caller, AuditAction.saved_answer_changed, object_id=answer_id)
    return changed


@router.delete(ONE, status_code=204, responses=responses(InvalidInput, NotFound))
async def remove(answer_id: UUID, caller: SaveAnswers, session: LiveSession, audit: Audit) -> Response:
    """Delete it for good."""
    await service.remove(session, caller, answer_id)
    await audit.record(session, caller, AuditAction.saved_answer_deleted, object_id=answer_id)
    return Response(status_code=204)
