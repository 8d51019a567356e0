"""The course of treatment over HTTP: therapists in care write it; they and the client read it."""

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
from afterglow_portal.course import correcting, dosing, planning, sessions, withdrawing
from afterglow_portal.course.desk import ACTING, AGAIN, READING, WRITING, AtDesk, ReadCourse
from afterglow_portal.course.earlier import find_versions
from afterglow_portal.course.reading import find_courses, find_next
from afterglow_portal.course.releasing import release
from afterglow_portal.course.schemas import (
    AdministrationBody,
    CancellationBody,
    CorrectionBody,
    CourseBody,
    Courses,
    CourseVersionBody,
    PlanVersions,
    SessionBody,
    SessionChangeBody,
    ToCome,
    WithdrawalBody,
)
from afterglow_portal.people.policy import LiveSession, whose_record
from afterglow_portal.sealing import Keys

router = room("/courses", "course of treatment", largest=256 * 1024)
SESSION = "/{course_id}/sessions/{session_id}"


@router.get("", responses=READING)
async def read_courses(
    *,
    caller: ReadCourse,
    session: LiveSession,
    keys: Keys,
    request: Request,
    client: Annotated[UUID | None, Query(description="whose, for a therapist")] = None,
) -> Courses:
    """One's own courses with their sessions and what was given, or those of a client in care, which is noted."""
    owner = await whose_record(session, caller, client, AuditAction.course_read)
    if caller.role == Role.therapist:
        await trail_of(request).record(session, caller, AuditAction.course_read, subject_id=owner)
    return await find_courses(session, keys, owner, own=caller.id == owner)


@router.get("/next-session", responses=READING)
async def read_next_session(
    *,
    caller: ReadCourse,
    session: LiveSession,
    request: Request,
    client: Annotated[UUID | None, Query(description="whose, for a therapist")] = None,
) -> ToCome:
    """The next session that is planned for oneself, or for a client in care, which is noted."""
    owner = await whose_record(session, caller, client, AuditAction.course_read)
    if caller.role == Role.therapist:
        await trail_of(request).record(session, caller, AuditAction.course_read, subject_id=owner)
    return await find_next(session, owner)


@router.put("/{course_id}", status_code=201, response_class=Response, responses={**WRITING, **AGAIN})
async def begin_course(course_id: UUID7, body: CourseBody, desk: AtDesk) -> Response:
    """Begin a course under an id its writer made: 201 once, 200 when it is sent again."""
    writer = await desk.writer(AuditAction.course_begun, course_id)
    done = await planning.begin(writer, course_id, body)
    return await desk.answer(AuditAction.course_begun, course_id, done=done)


@router.post("/{course_id}/versions", status_code=201, response_class=Response, responses={**WRITING, **AGAIN})
async def edit_course(course_id: UUID, body: CourseVersionBody, desk: AtDesk) -> Response:
    """Change intake or plan; the version before is kept. An edit of an older version answers 409."""
    writer = await desk.writer(AuditAction.course_edited, course_id)
    done = await planning.edit(writer, course_id, body)
    return await desk.answer(AuditAction.course_edited, course_id, done=done)


@router.get("/{course_id}/versions", responses=READING)
async def read_plan_versions(
    *,
    course_id: UUID,
    caller: ReadCourse,
    session: LiveSession,
    keys: Keys,
    request: Request,
    client: Annotated[UUID | None, Query(description="whose, for a therapist")] = None,
) -> PlanVersions:
    """What one's own plan said before and says now, or that of a client in care, which is noted."""
    owner = await whose_record(session, caller, client, AuditAction.course_read, course_id)
    found = await find_versions(session, keys, owner, course_id)
    if caller.role == Role.therapist:
        trail = trail_of(request)
        await trail.record(session, caller, AuditAction.course_read, object_id=course_id, subject_id=owner)
    return found


@router.put(SESSION, status_code=201, response_class=Response, responses={**WRITING, **AGAIN})
async def plan_session(course_id: UUID, session_id: UUID7, body: SessionBody, desk: AtDesk) -> Response:
    """Plan a session under an id its writer made."""
    writer = await desk.writer(AuditAction.course_session_planned, session_id)
    done = await sessions.plan(writer, course_id, session_id, body)
    return await desk.answer(AuditAction.course_session_planned, session_id, done=done)


@router.post("/sessions/{session_id}/changes", status_code=201, response_class=Response, responses={**WRITING, **AGAIN})
async def change_session(session_id: UUID, body: SessionChangeBody, desk: AtDesk) -> Response:
    """Give a planned session another time, kind or thread; how it stood before is kept."""
    writer = await desk.writer(AuditAction.course_session_changed, session_id)
    done = await sessions.move(writer, session_id, body)
    return await desk.answer(AuditAction.course_session_changed, session_id, done=done)


@router.put("/sessions/{session_id}/cancellation", response_class=Response, responses=WRITING)
async def cancel_session(session_id: UUID, desk: AtDesk, body: CancellationBody | None = None) -> Response:
    """Cancel a planned session; it stays in the record, with the reason where one is given. Safe to repeat."""
    writer = await desk.writer(AuditAction.course_session_cancelled, session_id)
    done = await sessions.cancel(writer, session_id, body.reason if body else "")
    return await desk.answer(AuditAction.course_session_cancelled, session_id, done=done, created=200)


@router.put("/sessions/{session_id}/opening", response_class=Response, responses=ACTING)
async def open_session(session_id: UUID, desk: AtDesk) -> Response:
    """Start a planned session: what its client keeps for it opens. Safe to repeat."""
    await desk.let_in(AuditAction.course_session_started, session_id)
    done = await sessions.start(desk.session, desk.client, session_id)
    for action, opened in await release(desk.session, desk.client) if done else ():
        trail = trail_of(desk.request)
        await trail.record(desk.session, desk.caller, action, object_id=opened, subject_id=desk.client)
    return await desk.answer(AuditAction.course_session_started, session_id, done=done, created=200)


@router.put("/sessions/{session_id}/ending", response_class=Response, responses=ACTING)
async def end_session(session_id: UUID, desk: AtDesk) -> Response:
    """End an open session. Safe to repeat."""
    await desk.let_in(AuditAction.course_session_ended, session_id)
    done = await sessions.end(desk.session, desk.client, session_id)
    return await desk.answer(AuditAction.course_session_ended, session_id, done=done, created=200)


@router.put(
    "/sessions/{session_id}/administrations/{administration_id}",
    status_code=201,
    response_class=Response,
    responses={**WRITING, **AGAIN},
)
async def record_administration(
    session_id: UUID, administration_id: UUID7, body: AdministrationBody, desk: AtDesk
) -> Response:
    """Record what was given in an open dosing session, or afterwards."""
    writer = await desk.writer(AuditAction.administration_recorded, administration_id)
    done = await dosing.administer(writer, session_id, administration_id, body)
    return await desk.answer(AuditAction.administration_recorded, administration_id, done=done)


@router.post(
    "/sessions/{session_id}/administrations/{administration_id}/corrections",
    status_code=201,
    response_class=Response,
    responses={**WRITING, **AGAIN},
)
async def correct_administration(
    session_id: UUID, administration_id: UUID, body: CorrectionBody, desk: AtDesk
) -> Response:
    """Correct what was recorded; what it said before is kept, and every curve follows what it says now."""
    writer = await desk.writer(AuditAction.administration_corrected, administration_id)
    done = await correcting.correct(writer, session_id, administration_id, body)
    return await desk.answer(AuditAction.administration_corrected, administration_id, done=done)


@router.put(
    "/sessions/{session_id}/administrations/{administration_id}/withdrawal",
    status_code=201,
    response_class=Response,
    responses={**WRITING, **AGAIN},
)
async def withdraw_administration(
    session_id: UUID, administration_id: UUID, body: WithdrawalBody, desk: AtDesk
) -> Response:
    """Say that it was never given, and why: it stays in the record, and nothing counts it any more."""
    writer = await desk.writer(AuditAction.administration_withdrawn, administration_id)
    done = await withdrawing.withdraw(writer, session_id, administration_id, body.reason)
    return await desk.answer(AuditAction.administration_withdrawn, administration_id, done=done)
