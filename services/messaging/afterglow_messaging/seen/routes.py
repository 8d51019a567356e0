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
from fastapi import APIRouter, Depends

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.messages.service import find_conversation
from afterglow_messaging.people.policy import LiveSession
from afterglow_messaging.permissions import ChooseSeen, ReadSeen
from afterglow_messaging.seen import service
from afterglow_messaging.seen.schemas import SeenChoiceBody, SeenMark

router = APIRouter(
    prefix="/api/messaging",
    tags=["seen"],
    dependencies=[Depends(authenticated)],
    responses=responses(NotAuthenticated, Forbidden, Unavailable),
)


@router.get("/seen-choice")
async def read_choice(caller: ChooseSeen, session: LiveSession) -> SeenChoiceBody:
    """Whether others learn what the caller has read; where nothing was chosen, they do not."""
    return await service.choice(session, caller)


@router.put("/seen-choice", responses=responses(BadRequest, InvalidInput, PayloadTooLarge, UnsupportedMediaType))
async def choose(
    wanted: SeenChoiceBody,
    caller: ChooseSeen,
    session: LiveSession,
    audit: Annotated[AuditTrail, Depends(audit_trail)],
) -> SeenChoiceBody:
    """Switch it on, for what is read from now on, or off, at once and for all that was read; again changes nothing."""
    if await service.choose(session, caller, wanted):
        await audit.record(session, caller, AuditAction.seen_chosen, object_id=caller.person, subject_id=caller.person)
    return wanted


@router.get("/conversations/{conversation_id}/seen-mark", responses=responses(InvalidInput, NotFound))
async def read_mark(conversation_id: UUID, caller: ReadSeen, session: LiveSession) -> SeenMark:
    """How far the other one has read, where both tell it.

    Only the refusal is audited: an open page asks after each wake-up, and nothing that was written is touched.
    """
    conversation = await find_conversation(session, caller, conversation_id, AuditAction.seen_read)
    return await service.seen_mark(session, caller, conversation)
