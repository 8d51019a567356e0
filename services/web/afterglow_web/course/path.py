"""My path: the client's own plan, sessions and doses in plain words. Read only: the therapist keeps it."""

import asyncio
from datetime import UTC, datetime, timedelta

from afterglow_design.languages import lazy
from afterglow_foundation.identifiers import new_id
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.course.asking import TreatmentForPerson
from afterglow_web.course.records import Course, Session, State
from afterglow_web.long_term.asking import WatchedForPerson
from afterglow_web.messages.unread import with_unread
from afterglow_web.notes.asking import NotesForPerson
from afterglow_web.pages import page
from afterglow_web.permissions import ReadCourse
from afterglow_web.preferences.asking import WishedForPerson
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.tasks.asking import AssignedForPerson

LATE = timedelta(hours=12)
DONE = {
    "marked": lazy("It is marked as done."),
    "not-marked": lazy("It was not marked: its day is over, or a dose was given since."),
    "taken-back": lazy("It is taken back."),
}
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get("/path")
async def path(
    *,
    request: Request,
    _: ReadCourse,
    treatment: TreatmentForPerson,
    notes: NotesForPerson,
    assigned: AssignedForPerson,
    wished: WishedForPerson,
    watched: WatchedForPerson,
    done: str = "",
) -> Response:
    found, listed, tasks, wishes, watch = await asyncio.gather(
        treatment.courses(), notes.listed(), assigned.tasks(), wished.preferences(), watched.found()
    )
    session = await session_of(request)
    to_come, so_far = parted(found.current, datetime.now(UTC))
    return page(
        request,
        "course/path/page.html",
        course=found.current,
        earlier=found.items[1:],
        to_come=to_come,
        so_far=so_far,
        summed_up={one.session_id for one in listed.items},
        tasks=tasks,
        wished=wishes,
        watch=watch,
        new_ids=new_id,
        said=str(DONE[done]) if done in DONE else None,
        zone=session.time_zone,
    )


def parted(course: Course | None, now: datetime) -> tuple[list[Session], list[Session]]:
    """Sessions that are open or to come, the soonest first, and the others, the newest first."""
    sessions = course.sessions if course else []
    ahead = [one for one in sessions if is_ahead(one, now)]
    return ahead, [one for one in reversed(sessions) if one not in ahead]


def is_ahead(session: Session, now: datetime) -> bool:
    """Open, or planned; what was planned for an hour ago and is not open yet may still begin."""
    return session.state == State.open or (session.state == State.planned and session.planned_at > now - LATE)
