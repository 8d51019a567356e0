"""The summary of a session as its client reads it."""

from uuid import UUID

from afterglow_foundation.errors import NotFound
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.course.asking import TreatmentForPerson
from afterglow_web.messages.unread import with_unread
from afterglow_web.notes.asking import NotesForPerson
from afterglow_web.pages import page
from afterglow_web.permissions import ReadCourse
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site

router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get("/path/sessions/{session_id}/summary")
async def read_summary(
    request: Request, session_id: UUID, _: ReadCourse, treatment: TreatmentForPerson, notes: NotesForPerson
) -> Response:
    """One that is withheld, or not written, is not there."""
    summary = await notes.of(session_id)
    courses = await treatment.courses()
    held = next((found for course in courses.items if (found := course.find(session_id))), None)
    if summary is None or held is None:
        raise NotFound
    own = await session_of(request)
    return page(request, "notes/summary.html", summary=summary, session=held, zone=own.time_zone)
