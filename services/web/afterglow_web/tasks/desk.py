"""Assign a task for the days after a dose, at the therapist's desk, and cancel it."""

from http import HTTPStatus
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from fastapi import APIRouter, Depends
from starlette.responses import Response

from afterglow_web.course.desk import forget, id_of, name_of, shown
from afterglow_web.course.forms import Values, text, typed, whole
from afterglow_web.course.meeting import ONE, Meeting, NamedMeeting, kept_outcome
from afterglow_web.course.sending import Outcome, send
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import WriteCourse
from afterglow_web.session import kept_forms
from afterglow_web.session.csrf import refuse_cross_site

NEW = f"{ONE}/tasks/new"
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get(NEW)
async def ask_task(_: WriteCourse, meeting: NamedMeeting, kept: kept_forms.KeptId = None) -> Response:
    """The form with what was kept over a sign-in, or else nothing yet."""
    await meeting.portal.client(meeting.client_id)
    if kept and (values := await kept_forms.recall(meeting.request, kept)):
        return await show(meeting, kept_outcome(values, kept))
    await meeting.find()
    return await show(meeting, Outcome(HTTPStatus.OK, {"id": str(new_id()), "times_a_day": "1"}))


@router.post(NEW, dependencies=[Depends(kept_forms.keep_typed(NEW, words="title"))])
async def assign(_: WriteCourse, meeting: NamedMeeting) -> Response:
    """Assign it once, or show the form again with everything that was typed."""
    values = await typed(meeting.request)
    task_id, body = id_of(values, "id"), body_of(values, meeting.session_id)
    outcome = await send(lambda: meeting.assigned.assign(meeting.client_id, task_id, body), values)
    if outcome is None:
        await forget(meeting.request, values)
        return meeting.shown_again("task")
    await count_unread(meeting.request)
    return await show(meeting, outcome)


@router.post(f"{ONE}/tasks/{{task_id}}/cancellation")
async def cancel(_: WriteCourse, meeting: NamedMeeting, task_id: UUID) -> Response:
    await meeting.assigned.cancel(meeting.client_id, task_id)
    return meeting.shown_again("task-cancelled")


def body_of(values: Values, session_id: UUID) -> dict[str, object]:
    numbers = {name: whole(values, name) for name in ("minutes", "times_a_day", "days")}
    words = {"title": values.get("title", "").strip(), "how": text(values, "how")}
    return {"session_id": str(session_id), **words, **numbers}


async def show(meeting: Meeting, outcome: Outcome) -> Response:
    return page(
        meeting.request,
        "tasks/desk.html",
        outcome.status,
        **shown(outcome),
        client_id=meeting.client_id,
        session_id=meeting.session_id,
        client_name=await name_of(meeting.portal, meeting.client_id),
    )
