"""Preferences of touch and support over HTTP: the client says them, whoever treats them reads."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.permissions import require
from fastapi import Query
from pydantic import UUID7
from starlette.requests import Request
from starlette.responses import Response

from afterglow_portal.api import room
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.desk import AGAIN, READING, WRITING, ReadCourse
from afterglow_portal.course.planning import key_for
from afterglow_portal.people.policy import LiveSession, whose_record
from afterglow_portal.permissions import Permission
from afterglow_portal.preferences import service
from afterglow_portal.preferences.schemas import Preferences, PreferencesBody, WithdrawalBody
from afterglow_portal.sealing import Keys

router = room("/preferences", "touch and support")
WritePreferences = Annotated[Caller, require(Permission.preferences_write)]
ADDING = {**WRITING, **AGAIN}


@router.get("", responses=READING)
async def read_preferences(
    *,
    caller: ReadCourse,
    session: LiveSession,
    keys: Keys,
    request: Request,
    client: Annotated[UUID | None, Query(description="whose, for a therapist")] = None,
) -> Preferences:
    """One's own, or those of a client in care, which is noted."""
    owner = await whose_record(session, caller, client, AuditAction.course_read)
    if caller.role == Role.therapist:
        await trail_of(request).record(session, caller, AuditAction.course_read, subject_id=owner)
    return await service.find_preferences(session, keys, owner)


@router.put("/{version_id}", status_code=201, response_class=Response, responses=ADDING)
async def record_preferences(
    *,
    version_id: UUID7,
    body: PreferencesBody,
    caller: WritePreferences,
    session: LiveSession,
    keys: Keys,
    request: Request,
) -> Response:
    """Say what is wished, whole. From a dosing session until the next morning it may allow less, and no more."""
    key = await key_for(keys, session, caller.person)
    done = await service.record(session, key, version_id, body)
    return await answer(request, session, caller, AuditAction.preferences_recorded, version_id, done=done)


@router.put("/withdrawals/{version_id}", status_code=201, response_class=Response, responses=ADDING)
async def withdraw_preference(
    *,
    version_id: UUID7,
    body: WithdrawalBody,
    caller: WritePreferences,
    session: LiveSession,
    keys: Keys,
    request: Request,
) -> Response:
    """Take one permission back, at any moment and at once: 200 where it was not given any more."""
    key = await key_for(keys, session, caller.person)
    done = await service.withdraw(session, key, version_id, body)
    return await answer(request, session, caller, AuditAction.preference_withdrawn, version_id, done=done)


async def answer(
    request: Request, session: LiveSession, caller: Caller, action: AuditAction, version_id: UUID, *, done: bool
) -> Response:
    if done:
        await trail_of(request).record(session, caller, action, object_id=version_id, subject_id=caller.person)
    return Response(status_code=201 if done else 200)
