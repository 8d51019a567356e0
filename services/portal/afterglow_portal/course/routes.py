"""The course of treatment over HTTP: therapists in care write it; they and the client read it."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Caller, Role
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
from afterglow_foundation.permissions import require
from afterglow_foundation.sealing import DataKeyStore
from fastapi import Depends, Query
from pydantic import UUID7
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from afterglow_portal.api import room
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course import dosing, planning, sessions
from afterglow_portal.course.policy import refuse_unless_treating
from afterglow_portal.course.reading import find_courses, find_next
from afterglow_portal.course.releasing import release
from afterglow_portal.course.schemas import (
    AdministrationBody,
    CourseBody,
    Courses,
    CourseVersionBody,
    SessionBody,
    SessionChangeBody,
    ToCome,
)
from afterglow_portal.course.writer import Writer
from afterglow_portal.people.policy import LiveSession, whose_record
from afterglow_portal.permissions import Permission
from afterglow_portal.sealing import Keys

router = room("/courses", "course of treatment", largest=256 * 1024)
ReadCourse = Annotated[Caller, require(Permission.course_read)]
WriteCourse = Annotated[Caller, require(Permission.course_write)]
Client = Annotated[UUID, Query(description="whose")]
READING = responses(NotAuthenticated, Forbidden, NotFound, InvalidInput, Unavailable)
ACTING = {**READING, **responses(Conflict)}
WRITING = {**ACTING, **responses(BadRequest, PayloadTooLarge, UnsupportedMediaType)}
AGAIN: dict[int | str, dict[str, Any]] = {200: {"description": "Sent before: it stands already"}}
SESSION = "/{course_id}/sessions/{session_id}"


@dataclass(frozen=True, slots=True)
class Desk:
    """Whoever writes a client's course, with what writing needs: found to treat the client, and audited."""

    caller: Caller
    session: AsyncSession
    keys: DataKeyStore
    request: Request
    client: UUID

    async def let_in(self, action: AuditAction, object_id: UUID) -> None:
        """Raise NotFound, kept as a refused `action`, for whoever does not treat the client now."""
        await refuse_unless_treating(self.session, self.client, action, object_id)

    async def writer(self, action: AuditAction, object_id: UUID) -> Writer:
        await self.let_in(action, object_id)
        key = await planning.key_for(self.keys, self.session, self.client)
        return Writer(self.session, key, self.caller.person, self.client)

    async def answer(self, action: AuditAction, object_id: UUID, *, done: bool, created: int = 201) -> Response:
        """Keep what this request did, and say whether it did it; one sent before changes nothing."""
        if done:
            trail = trail_of(self.request)
            await trail.record(self.session, self.caller, action, object_id=object_id, subject_id=self.client)
        return Response(status_code=created if done else 200)


async def at_desk(caller: WriteCourse, session: LiveSession, keys: Keys, request: Request, client: Client) -> Desk:
    return Desk(caller, session, keys, request, client)


AtDesk = Annotated[Desk, Depends(at_desk)]


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
    return await find_courses(session, keys, owner)


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


@router.put("/sessions/{session_id}/cancellation", response_class=Response, responses=ACTING)
async def cancel_session(session_id: UUID, desk: AtDesk) -> Response:
    """Cancel a planned session; it stays in the record. Safe to repeat."""
    await desk.let_in(AuditAction.course_session_cancelled, session_id)
    done = await sessions.cancel(desk.session, desk.client, session_id)
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
