"""The forms of a dosing day at the therapist's desk, one page for each of its sheets."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from afterglow_foundation.errors import NotFound
from afterglow_foundation.identifiers import new_id
from fastapi import APIRouter, Depends, Query
from pydantic import BeforeValidator
from starlette.responses import Response

from afterglow_web.course import forms as course_forms
from afterglow_web.course.desk import forget, id_of, name_of, shown
from afterglow_web.course.meeting import ONE, Meeting, NamedMeeting, kept_outcome
from afterglow_web.course.records import State
from afterglow_web.course.sending import Outcome, send
from afterglow_web.dosing_day.forms import SHEETS, Clock, Sheet
from afterglow_web.dosing_day.sending import errors_of
from afterglow_web.dosing_day.wording import DISCHARGE, EVENTS, MOMENTS, PRESENCE, READINESS
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import WriteCourse
from afterglow_web.session import kept_forms
from afterglow_web.session.csrf import refuse_cross_site

SHEET = f"{ONE}/day/{{sheet}}"
STEPS = {"readiness": READINESS, "discharge": DISCHARGE}
RecordId = Annotated[UUID | None, BeforeValidator(kept_forms.known_id), Query(description="which record to correct")]
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


def sheet_of(name: str) -> Sheet:
    """Raises NotFound."""
    if found := SHEETS.get(name):
        return found
    raise NotFound


@router.get(SHEET)
async def ask_sheet(
    *,
    sheet: str,
    _: WriteCourse,
    meeting: NamedMeeting,
    record: RecordId = None,
    kept: kept_forms.KeptId = None,
) -> Response:
    """The form as the sheet stands, or for one more record; `record` names one to be corrected."""
    form = sheet_of(sheet)
    client = await meeting.portal.client(meeting.client_id)
    if kept and (values := await kept_forms.recall(meeting.request, kept)):
        return await show_sheet(meeting, sheet, kept_outcome(values, kept))
    _course, session = await meeting.find()
    day = await meeting.day()
    clock = Clock(client.time_zone, datetime.now(UTC) if session.state == State.open else None)
    return await show_sheet(meeting, sheet, Outcome(HTTPStatus.OK, form.values(day, clock, record)))


@router.post(SHEET, dependencies=[Depends(kept_forms.keep_typed(SHEET, words="words"))])
async def save_sheet(sheet: str, _: WriteCourse, meeting: NamedMeeting) -> Response:
    """Record it once, or show the form again with everything that was typed."""
    form = sheet_of(sheet)
    values = await course_forms.typed(meeting.request)
    identity, body = id_of(values, "id"), form.sent(values)
    client, session = meeting.client_id, meeting.session_id
    outcome = await send(lambda: meeting.days.add(form.records, client, session, identity, body), values, errors_of)
    if outcome is None:
        await forget(meeting.request, values)
        return meeting.shown_again(sheet)
    if outcome.code == "record_changed":
        outcome.values.update(await newest(meeting, form))
    await count_unread(meeting.request)
    return await show_sheet(meeting, sheet, outcome)


async def newest(meeting: Meeting, form: Sheet) -> course_forms.Values:
    """In whose place it comes if it is saved once more."""
    stands = form.begun(await meeting.day(), Clock("UTC", None), None).get("replaces", "")
    return {"replaces": stands, "id": str(new_id())} if stands else {"id": str(new_id())}


async def show_sheet(meeting: Meeting, sheet: str, outcome: Outcome) -> Response:
    return page(
        meeting.request,
        f"dosing_day/{sheet.replace('-', '_')}.html",
        outcome.status,
        **shown(outcome),
        moments=MOMENTS,
        events=EVENTS,
        presence=PRESENCE,
        steps=STEPS.get(sheet, {}),
        sheet=sheet,
        client_id=meeting.client_id,
        session_id=meeting.session_id,
        client_name=await name_of(meeting.portal, meeting.client_id),
    )
