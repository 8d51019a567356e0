"""The client's standing choices."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import (
    BadRequest,
    FieldError,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    PayloadTooLarge,
    Unavailable,
    UnsupportedMediaType,
    responses,
)
from afterglow_foundation.permissions import require
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from afterglow_portal.api import room
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.consent.limits import limit_of, set_limit
from afterglow_portal.consent.schemas import ChoicesBody, ChoicesOut
from afterglow_portal.consent.service import choices_of, choose
from afterglow_portal.people.policy import LiveSession
from afterglow_portal.permissions import Permission

router = room("/choices", "consent")
ReadChoices = Annotated[Caller, require(Permission.choices_read)]
WriteChoices = Annotated[Caller, require(Permission.choices_write)]


@router.get("", responses=responses(NotAuthenticated, Forbidden, Unavailable))
async def read_choices(caller: ReadChoices, session: LiveSession) -> ChoicesOut:
    """What holds now; null where nothing was chosen yet."""
    return await what_holds(session, caller.person)


@router.put(
    "",
    responses=responses(
        BadRequest, NotAuthenticated, Forbidden, PayloadTooLarge, UnsupportedMediaType, InvalidInput, Unavailable
    ),
)
async def make_choices(body: ChoicesBody, caller: WriteChoices, session: LiveSession, request: Request) -> ChoicesOut:
    """Choose who sees which room (the earlier choices stay on record), or how many check-ins a day are enough."""
    if not body.given() and body.check_ins_a_day is None:
        missing = FieldError(field="check_ins", code="missing", message="Choose for check-ins, the journal, or both.")
        raise InvalidInput(errors=[missing])
    if body.check_ins_a_day is not None:
        await set_limit(session, caller.person, body.check_ins_a_day or None)
    for choice in await choose(session, caller.person, body.given()):
        await trail_of(request).record(
            session, caller, AuditAction.choice_made, object_id=choice.id, subject_id=caller.person
        )
    return await what_holds(session, caller.person)


async def what_holds(session: AsyncSession, client: UUID) -> ChoicesOut:
    choices = await choices_of(session, client)
    return choices.model_copy(update={"check_ins_a_day": await limit_of(session, client)})
