"""One session of one client, as every page about it needs it, and the two ways to it."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from afterglow_foundation.errors import NotFound
from fastapi import Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.course import forms
from afterglow_web.course.asking import Treatment, TreatmentForPerson
from afterglow_web.course.desk import COURSE, KEPT
from afterglow_web.course.records import Course, Session
from afterglow_web.course.sending import Outcome
from afterglow_web.dosing_day.asking import Days, DaysForPerson
from afterglow_web.dosing_day.records import DosingDay
from afterglow_web.portal import Portal, PortalForPerson
from afterglow_web.preferences.asking import Wished, WishedForPerson
from afterglow_web.preferences.records import Preferences
from afterglow_web.tasks.asking import Assigned, AssignedForPerson
from afterglow_web.tasks.records import Tasks

ONE = f"{COURSE}/sessions/{{session_id}}"


@dataclass(frozen=True, slots=True)
class Meeting:
    """What the address names, and whom its pages ask about it."""

    request: Request
    portal: Portal
    treatment: Treatment
    days: Days
    assigned: Assigned
    wished: Wished
    client_id: UUID
    session_id: UUID

    async def find(self) -> tuple[Course, Session]:
        """The session in whichever course it is. Raises NotFound."""
        for course in (await self.treatment.courses(self.client_id)).items:
            if session := course.find(self.session_id):
                return course, session
        raise NotFound

    async def day(self) -> DosingDay:
        """What is recorded of it, where it is a dosing session."""
        return await self.days.day(self.session_id, self.client_id)

    async def tasks(self) -> Tasks:
        """What is assigned for the days after it, where it is a dosing session."""
        return (await self.assigned.tasks(self.client_id)).of(self.session_id)

    async def wishes(self, session: Session) -> Preferences:
        """What the client wishes of touch and support; of a session that is over, how that stood then."""
        found = await self.wished.preferences(self.client_id)
        return found.as_of(session.ended_at) if session.ended_at else found

    def shown_again(self, done: str) -> Response:
        """Its own page, which says what was done."""
        return RedirectResponse(f"/clients/{self.client_id}/course/sessions/{self.session_id}?done={done}", 303)


async def named_meeting(
    *,
    request: Request,
    client_id: UUID,
    session_id: UUID,
    portal: PortalForPerson,
    treatment: TreatmentForPerson,
    days: DaysForPerson,
    assigned: AssignedForPerson,
    wished: WishedForPerson,
) -> Meeting:
    return Meeting(request, portal, treatment, days, assigned, wished, client_id, session_id)


NamedMeeting = Annotated[Meeting, Depends(named_meeting)]


def kept_outcome(values: forms.Values, kept: UUID) -> Outcome:
    """A form as it was kept over a sign-in."""
    return Outcome(HTTPStatus.OK, {**values, "kept": str(kept)}, message=str(KEPT))
