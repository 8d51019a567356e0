"""Long-term questions over HTTP: whoever treats the client records what was answered; they and the client read it."""

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
from afterglow_portal.course.desk import AGAIN, READING, WRITING, AtDesk, ReadCourse
from afterglow_portal.long_term import service
from afterglow_portal.long_term.schemas import LongTerm, LongTermBody
from afterglow_portal.people.policy import LiveSession, whose_record
from afterglow_portal.sealing import Keys

router = room("/long-term-checks", "long-term questions")


@router.get("", responses=READING)
async def read_long_term(
    *,
    caller: ReadCourse,
    session: LiveSession,
    keys: Keys,
    request: Request,
    client: Annotated[UUID | None, Query(description="whose, for a therapist")] = None,
) -> LongTerm:
    """One's own, or those of a client in care, which is noted."""
    owner = await whose_record(session, caller, client, AuditAction.course_read)
    if caller.role == Role.therapist:
        await trail_of(request).record(session, caller, AuditAction.course_read, subject_id=owner)
    return await service.find_long_term(session, keys, owner)


@router.put("/{check_id}", status_code=201, response_class=Response, responses={**WRITING, **AGAIN})
async def record_long_term(check_id: UUID7, body: LongTermBody, desk: AtDesk) -> Response:
    """What was answered on one day, under an id its writer made: 201 once, 200 when it is sent again."""
    writer = await desk.writer(AuditAction.long_term_recorded, check_id)
    done = await service.record(writer, check_id, body)
    return await desk.answer(AuditAction.long_term_recorded, check_id, done=done)
