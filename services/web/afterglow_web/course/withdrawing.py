"""A dose that was recorded by mistake is withdrawn: the page asks why, and says what that does."""

from http import HTTPStatus
from uuid import UUID

from afterglow_design.languages import lazy
from afterglow_foundation.errors import FieldError
from fastapi import APIRouter, Depends
from starlette.responses import Response

from afterglow_web.course import forms
from afterglow_web.course.desk import forget, shown
from afterglow_web.course.doses import find_given
from afterglow_web.course.meeting import ONE, Meeting, NamedMeeting, kept_outcome
from afterglow_web.course.sending import Outcome, send
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import WriteCourse
from afterglow_web.session import kept_forms
from afterglow_web.session.csrf import refuse_cross_site

WHY = lazy("Write why, in at most 4,000 characters")
WITHDRAWAL = f"{ONE}/doses/{{administration_id}}/withdrawal"
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get(WITHDRAWAL)
async def ask_withdrawal(
    _: WriteCourse, meeting: NamedMeeting, administration_id: UUID, kept: kept_forms.KeptId = None
) -> Response:
    """What withdrawing does, before it is done."""
    values = await kept_forms.recall(meeting.request, kept) if kept else None
    outcome = kept_outcome(values, kept) if kept and values else Outcome(HTTPStatus.OK, {})
    return await show(meeting, administration_id, outcome)


@router.post(WITHDRAWAL, dependencies=[Depends(kept_forms.keep_typed(WITHDRAWAL, words="reason"))])
async def withdraw(_: WriteCourse, meeting: NamedMeeting, administration_id: UUID) -> Response:
    """Withdraw it, or show the form again with what was typed."""
    values = await forms.typed(meeting.request)
    client, session, body = meeting.client_id, meeting.session_id, {"reason": forms.text(values, "reason")}
    outcome = await send(lambda: meeting.treatment.withdraw(client, session, administration_id, body), values, wrong)
    if outcome is None:
        await forget(meeting.request, values)
        return meeting.shown_again("withdrawn")
    await count_unread(meeting.request)
    return await show(meeting, administration_id, outcome)


def wrong(_errors: list[FieldError], _values: forms.Values) -> dict[str, str]:
    """There is one field."""
    return {"reason": str(WHY)}


async def show(meeting: Meeting, administration_id: UUID, outcome: Outcome) -> Response:
    record = await meeting.portal.client(meeting.client_id)
    return page(
        meeting.request,
        "course/desk/withdrawal.html",
        outcome.status,
        **shown(outcome),
        client_id=meeting.client_id,
        session_id=meeting.session_id,
        client_name=record.name,
        given=await find_given(meeting, administration_id),
        zone=record.time_zone,
    )
