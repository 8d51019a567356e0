"""The dosing day over HTTP: whoever treats the client records it; they and the client read it."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Role
from fastapi import Query
from pydantic import UUID7
from starlette.requests import Request
from starlette.responses import Response

from afterglow_portal.api import room
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.desk import AGAIN, READING, WRITING, AtDesk, Desk, ReadCourse
from afterglow_portal.dosing_day.reading import find_day
from afterglow_portal.dosing_day.recording import record
from afterglow_portal.dosing_day.schemas import (
    AdverseEventBody,
    DischargeBody,
    DosingDay,
    ObservationBody,
    ReadinessBody,
    RecordBody,
    VitalSignsBody,
)
from afterglow_portal.people.policy import LiveSession, whose_record
from afterglow_portal.sealing import Keys
from afterglow_portal.settings import Settings

router = room("/dosing-days/{session_id}", "dosing day")
ADDING = {**WRITING, **AGAIN}


@router.get("", responses=READING)
async def read_day(
    *,
    session_id: UUID,
    caller: ReadCourse,
    session: LiveSession,
    keys: Keys,
    request: Request,
    client: Annotated[UUID | None, Query(description="whose, for a therapist")] = None,
) -> DosingDay:
    """What is recorded of a dosing session of one's own, or of a client in care, which is noted."""
    owner = await whose_record(session, caller, client, AuditAction.course_read, session_id)
    if caller.role == Role.therapist:
        trail = trail_of(request)
        await trail.record(session, caller, AuditAction.course_read, object_id=session_id, subject_id=owner)
    settings: Settings = request.app.state.settings
    return await find_day(session, keys, owner, session_id, settings.observed_medicines)


async def add(desk: Desk, session_id: UUID, identity: UUID, body: RecordBody, action: AuditAction) -> Response:
    writer = await desk.writer(action, identity)
    done = await record(writer, session_id, identity, body, action)
    return await desk.answer(action, identity, done=done)


@router.put("/readiness/{record_id}", status_code=201, response_class=Response, responses=ADDING)
async def record_readiness(session_id: UUID, record_id: UUID7, body: ReadinessBody, desk: AtDesk) -> Response:
    """How the list before a dose stands now, in the place of how it stood."""
    return await add(desk, session_id, record_id, body, AuditAction.readiness_recorded)


@router.put("/vital-signs/{record_id}", status_code=201, response_class=Response, responses=ADDING)
async def record_vital_signs(session_id: UUID, record_id: UUID7, body: VitalSignsBody, desk: AtDesk) -> Response:
    """One reading, or what a reading should have said. What lies outside its range is taken all the same."""
    return await add(desk, session_id, record_id, body, AuditAction.vital_signs_recorded)


@router.put("/adverse-events/{record_id}", status_code=201, response_class=Response, responses=ADDING)
async def record_adverse_event(session_id: UUID, record_id: UUID7, body: AdverseEventBody, desk: AtDesk) -> Response:
    """What did not go well, or what is known of it by now."""
    return await add(desk, session_id, record_id, body, AuditAction.adverse_event_recorded)


@router.put("/observations/{record_id}", status_code=201, response_class=Response, responses=ADDING)
async def record_observation(session_id: UUID, record_id: UUID7, body: ObservationBody, desk: AtDesk) -> Response:
    """From when until when the client was observed, and who was there."""
    return await add(desk, session_id, record_id, body, AuditAction.observation_recorded)


@router.put("/discharge/{record_id}", status_code=201, response_class=Response, responses=ADDING)
async def record_discharge(session_id: UUID, record_id: UUID7, body: DischargeBody, desk: AtDesk) -> Response:
    """How the list before leaving stands now, in the place of how it stood."""
    return await add(desk, session_id, record_id, body, AuditAction.discharge_recorded)
