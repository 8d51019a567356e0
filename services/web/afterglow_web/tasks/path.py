"""The client marks a task as done under My path, by one gesture, or takes it back."""

from http import HTTPStatus
from uuid import UUID

from afterglow_foundation.client import UpstreamProblem
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.course.desk import id_of
from afterglow_web.course.forms import typed, whole
from afterglow_web.messages.unread import with_unread
from afterglow_web.permissions import MarkTasks
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.tasks.asking import AssignedForPerson

router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.post("/path/tasks/{task_id}/marks")
async def mark(request: Request, task_id: UUID, _: MarkTasks, assigned: AssignedForPerson) -> Response:
    """Mark it, also where another of their pages was faster; a day that is over meanwhile is said."""
    values = await typed(request)
    body = {"done_on": values.get("done_on", ""), "occasion": whole(values, "occasion")}
    try:
        await assigned.mark(task_id, id_of(values, "id"), body)
    except UpstreamProblem as problem:
        if problem.upstream.code == "already_marked":
            return shown_again("marked")
        if problem.upstream_status not in {HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}:
            raise
        return shown_again("not-marked")
    return shown_again("marked")


@router.post("/path/tasks/{task_id}/marks/{mark_id}/withdrawal")
async def take_back(task_id: UUID, mark_id: UUID, _: MarkTasks, assigned: AssignedForPerson) -> Response:
    await assigned.take_back(task_id, mark_id)
    return shown_again("taken-back")


def shown_again(done: str) -> Response:
    return RedirectResponse(f"/path?done={done}#tasks", HTTPStatus.SEE_OTHER)
