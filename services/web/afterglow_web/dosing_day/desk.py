"""The forms of a dosing day at the therapist's desk, one page for each of its sheets."""

from dataclasses import dataclass
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
from afterglow_web.dosing_day.records import DosingDay, Record
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
    stands = None
    if outcome.code == "record_changed":
        zone = (await meeting.portal.client(client)).time_zone
        stands = stands_now(form, await meeting.day(), zone, outcome.values)
        outcome.values.update(stands.base, id=str(new_id()))
    await count_unread(meeting.request)
    return await show_sheet(meeting, sheet, outcome, stands)


@dataclass(frozen=True, slots=True)
class Stands:
    """How somebody else left a sheet meanwhile: as its form would begin, and the record itself where it is no list."""

    values: course_forms.Values
    record: Record | None
    zone: str

    @property
    def base(self) -> course_forms.Values:
        """In whose place it comes if it is saved once more."""
        return {name: self.values[name] for name in ("replaces", "reason_before") if name in self.values}


def stands_now(form: Sheet, day: DosingDay, zone: str, typed: course_forms.Values) -> Stands:
    corrected = kept_forms.known_id(typed.get("replaces"))
    record = day.observation if form is SHEETS["observation"] else day.standing(corrected)
    return Stands(form.begun(day, Clock(zone, None), corrected), record, zone)


async def show_sheet(meeting: Meeting, sheet: str, outcome: Outcome, stands: Stands | None = None) -> Response:
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
        stands=stands,
        client_id=meeting.client_id,
        session_id=meeting.session_id,
        client_name=await name_of(meeting.portal, meeting.client_id),
    )
