"""What was given in a dosing session: the form at the therapist's desk. A dose is recorded once and never changed."""

from datetime import UTC, datetime
from http import HTTPStatus

from fastapi import APIRouter, Depends
from starlette.responses import Response

from afterglow_web.course import forms
from afterglow_web.course.desk import forget, id_of, name_of, shown
from afterglow_web.course.meeting import ONE, Meeting, NamedMeeting, kept_outcome
from afterglow_web.course.records import State
from afterglow_web.course.sending import Outcome, send
from afterglow_web.course.wording import ROUTES
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import WriteCourse
from afterglow_web.session import kept_forms
from afterglow_web.session.csrf import refuse_cross_site

DOSE = f"{ONE}/dose"
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get(DOSE)
async def ask_dose(_: WriteCourse, meeting: NamedMeeting, kept: kept_forms.KeptId = None) -> Response:
    """The form for what was given; what is the same each time is there already, how much is not."""
    record = await meeting.portal.client(meeting.client_id)
    if kept and (values := await kept_forms.recall(meeting.request, kept)):
        return await show_dose(meeting, kept_outcome(values, kept))
    course, session = await meeting.find()
    now = datetime.now(UTC) if session.state == State.open else None
    before = course.administrations[-1] if course.administrations else None
    return await show_dose(meeting, Outcome(HTTPStatus.OK, forms.dose_values(record.time_zone, now, before)))


@router.post(DOSE, dependencies=[Depends(kept_forms.keep_typed(DOSE, words="setting"))])
async def record_dose(_: WriteCourse, meeting: NamedMeeting) -> Response:
    """Record it once, or show the form again with everything that was typed."""
    values = await forms.typed(meeting.request)
    identity, body = id_of(values, "id"), forms.dose_body(values)
    client, session = meeting.client_id, meeting.session_id
    outcome = await send(lambda: meeting.treatment.administer(client, session, identity, body), values)
    if outcome is None:
        await forget(meeting.request, values)
        return meeting.shown_again("dose")
    await count_unread(meeting.request)
    return await show_dose(meeting, outcome)


async def show_dose(meeting: Meeting, outcome: Outcome) -> Response:
    return page(
        meeting.request,
        "course/desk/dose.html",
        outcome.status,
        **shown(outcome),
        client_id=meeting.client_id,
        session_id=meeting.session_id,
        client_name=await name_of(meeting.portal, meeting.client_id),
        routes=[{"value": route, "label": label} for route, label in ROUTES.items()],
    )
