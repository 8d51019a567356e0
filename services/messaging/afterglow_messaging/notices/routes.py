"""What somebody wants to be told of, over HTTP."""

from typing import Annotated

from afterglow_foundation.audit import AuditTrail
from afterglow_foundation.audit.trail import audit_trail
from afterglow_foundation.errors import (
    BadRequest,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    PayloadTooLarge,
    Unavailable,
    UnsupportedMediaType,
    responses,
)
from afterglow_foundation.permissions import authenticated
from fastapi import APIRouter, Depends

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.notices import service
from afterglow_messaging.notices.schemas import NoticeChoices
from afterglow_messaging.people.policy import LiveSession
from afterglow_messaging.permissions import ChooseNotices

router = APIRouter(
    prefix="/api/messaging/notice-choices",
    tags=["notices"],
    dependencies=[Depends(authenticated)],
    responses=responses(NotAuthenticated, Forbidden, Unavailable),
)


@router.get("")
async def read_choices(caller: ChooseNotices, session: LiveSession) -> NoticeChoices:
    """What the caller is told of; where nothing was chosen, of everything."""
    return await service.choices_of(session, caller.person)


@router.put("", responses=responses(BadRequest, InvalidInput, PayloadTooLarge, UnsupportedMediaType))
async def choose_notices(
    wanted: NoticeChoices,
    caller: ChooseNotices,
    session: LiveSession,
    audit: Annotated[AuditTrail, Depends(audit_trail)],
) -> NoticeChoices:
    """Switch it on or off; again, it changes nothing."""
    if await service.choose(session, caller.person, wanted):
        await audit.record(
            session, caller, AuditAction.notices_chosen, object_id=caller.person, subject_id=caller.person
        )
    return wanted
