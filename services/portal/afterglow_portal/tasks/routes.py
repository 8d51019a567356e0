"""Tasks over HTTP: whoever treats the client assigns them, the client marks them, both read the same figures."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.errors import NotFound, Refusal
from afterglow_foundation.permissions import require
from fastapi import Query
from pydantic import UUID7
from starlette.requests import Request
from starlette.responses import Response

from afterglow_portal.api import room
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.desk import ACTING, AGAIN, READING, WRITING, AtDesk, ReadCourse
from afterglow_portal.people.policy import LiveSession, whose_record
from afterglow_portal.permissions import Permission
from afterglow_portal.sealing import Keys, find_key
from afterglow_portal.tasks import assigning, marking
from afterglow_portal.tasks.reading import find_tasks
from afterglow_portal.tasks.schemas import MarkBody, TaskBody, Tasks

router = room("/tasks", "tasks after a dose")
MarkTasks = Annotated[Caller, require(Permission.tasks_mark)]
MARK = "/{task_id}/marks/{mark_id}"


@router.get("", responses=READING)
async def read_tasks(
    *,
    caller: ReadCourse,
    session: LiveSession,
    keys: Keys,
    request: Request,
    client: Annotated[UUID | None, Query(description="whose, for a therapist")] = None,
) -> Tasks:
    """One's own tasks with what was done, or those of a client in care, which is noted."""
    owner = await whose_record(session, caller, client, AuditAction.course_read)
    if caller.role == Role.therapist:
        await trail_of(request).record(session, caller, AuditAction.course_read, subject_id=owner)
    return await find_tasks(session, keys, owner)


@router.put("/{task_id}", status_code=201, response_class=Response, responses={**WRITING, **AGAIN})
async def assign_task(task_id: UUID7, body: TaskBody, desk: AtDesk) -> Response:
    """Assign a task under an id its writer made. All tasks of one dose together come to twice a day at most."""
    writer = await desk.writer(AuditAction.task_assigned, task_id)
    done = await assigning.assign(writer, task_id, body)
    return await desk.answer(AuditAction.task_assigned, task_id, done=done)


@router.put("/{task_id}/cancellation", response_class=Response, responses=ACTING)
async def cancel_task(task_id: UUID, desk: AtDesk) -> Response:
    """From today on it is not due; it stays in the record, with what was done. Safe to repeat."""
    writer = await desk.writer(AuditAction.task_cancelled, task_id)
    done = await assigning.cancel(writer, task_id)
    return await desk.answer(AuditAction.task_cancelled, task_id, done=done, created=200)


@router.put(MARK, status_code=201, response_class=Response, responses={**WRITING, **AGAIN})
async def mark_task(
    *,
    task_id: UUID,
    mark_id: UUID7,
    body: MarkBody,
    caller: MarkTasks,
    session: LiveSession,
    keys: Keys,
    request: Request,
) -> Response:
    """Say that it was done, once for each of its times; whoever treats one sees it."""
    key = await find_key(keys, session, caller.person)
    if key is None:
        raise NotFound(refusal=Refusal(AuditAction.task_marked, task_id, caller.person))
    done = await marking.mark(session, key, task_id, mark_id, body)
    if done:
        trail = trail_of(request)
        await trail.record(session, caller, AuditAction.task_marked, object_id=mark_id, subject_id=caller.person)
    return Response(status_code=201 if done else 200)


@router.put(f"{MARK}/withdrawal", response_class=Response, responses=ACTING)
async def withdraw_mark(
    task_id: UUID, mark_id: UUID, caller: MarkTasks, session: LiveSession, request: Request
) -> Response:
    """Take it back. Safe to repeat."""
    done = await marking.withdraw(session, caller.person, task_id, mark_id)
    if done:
        trail, action = trail_of(request), AuditAction.task_mark_withdrawn
        await trail.record(session, caller, action, object_id=mark_id, subject_id=caller.person)
    return Response()
