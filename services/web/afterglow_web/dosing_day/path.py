"""What a client reads of their own dosing session: what was given, how they were, how long somebody stayed."""

from uuid import UUID

from afterglow_foundation.errors import NotFound
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.course.asking import TreatmentForPerson
from afterglow_web.dosing_day.asking import DaysForPerson
from afterglow_web.messages.unread import with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import ReadCourse
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site

router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get("/path/sessions/{session_id}")
async def own_day(
    request: Request, session_id: UUID, _: ReadCourse, treatment: TreatmentForPerson, days: DaysForPerson
) -> Response:
    day = await days.day(session_id)
    for course in (await treatment.courses()).items:
        if session := course.find(session_id):
            own = await session_of(request)
            return page(
                request,
                "dosing_day/own.html",
                session=session,
                given=course.given_in(session_id),
                day=day,
                zone=own.time_zone,
            )
    raise NotFound
