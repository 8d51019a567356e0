"""The client's own choice of reminders."""

from typing import Annotated

from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Caller
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
from afterglow_foundation.permissions import require
from starlette.requests import Request

from afterglow_portal.api import room
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.people.policy import LiveSession
from afterglow_portal.permissions import Permission
from afterglow_portal.reminders.choosing import choose, reminders_of
from afterglow_portal.reminders.schemas import RemindersBody, RemindersOut

router = room("/reminders", "reminders")
ReadChoices = Annotated[Caller, require(Permission.choices_read)]
WriteChoices = Annotated[Caller, require(Permission.choices_write)]


@router.get("", responses=responses(NotAuthenticated, Forbidden, Unavailable))
async def read_reminders(caller: ReadChoices, session: LiveSession) -> RemindersOut:
    """Which reminders come, and when; where nothing was chosen, what everybody begins with."""
    return await reminders_of(session, caller.person)


@router.put(
    "",
    responses=responses(
        BadRequest, NotAuthenticated, Forbidden, PayloadTooLarge, UnsupportedMediaType, InvalidInput, Unavailable
    ),
)
async def choose_reminders(
    body: RemindersBody, caller: WriteChoices, session: LiveSession, request: Request
) -> RemindersOut:
    """Switch each kind on or off, and say when the daily one comes; again, it changes nothing."""
    if await choose(session, caller.person, body):
        await trail_of(request).record(
            session, caller, AuditAction.reminders_chosen, object_id=caller.person, subject_id=caller.person
        )
    return await reminders_of(session, caller.person)
