"""What was given in a dosing session: its form at the therapist's desk, and the same form to correct it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import UUID

from afterglow_design.languages import lazy
from afterglow_foundation.errors import NotFound
from afterglow_foundation.identifiers import new_id
from fastapi import APIRouter, Depends
from starlette.responses import Response

from afterglow_web.course import forms
from afterglow_web.course.desk import forget, id_of, name_of, shown
from afterglow_web.course.meeting import ONE, Meeting, NamedMeeting, kept_outcome
from afterglow_web.course.records import Administration, State
from afterglow_web.course.sending import Outcome, send
from afterglow_web.course.wording import ROUTES
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import WriteCourse
from afterglow_web.session import kept_forms
from afterglow_web.session.csrf import refuse_cross_site

DOSE = f"{ONE}/dose"
CORRECTION = f"{ONE}/doses/{{administration_id}}/correction"
ANOTHER_DAY = lazy(
    "This is more than twelve hours from when the session was planned or held. Nothing is saved yet: correct the day,"
    " or tick below that it is right"
)
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get(DOSE)
async def ask_dose(_: WriteCourse, meeting: NamedMeeting, kept: kept_forms.KeptId = None) -> Response:
    """The form for what was given; what is the same each time is there already, how much is not."""
    record = await meeting.portal.client(meeting.client_id)
    if kept and (values := await kept_forms.recall(meeting.request, kept)):
        return await show_dose(meeting, kept_outcome(values, kept))
    course, session = await meeting.find()
    now = datetime.now(UTC) if session.state == State.open else None
    day = await meeting.day()
    before = next((one for one in reversed(course.administrations) if one.withdrawn_at is None), None)
    outcome = Outcome(HTTPStatus.OK, forms.dose_values(record.time_zone, now, before, session))
    return await show_dose(meeting, outcome, missing=day.readiness.missing)


@router.post(DOSE, dependencies=[Depends(kept_forms.keep_typed(DOSE, words="setting"))])
async def record_dose(_: WriteCourse, meeting: NamedMeeting) -> Response:
    """Record it once, or show the form again with everything that was typed."""
    values = await forms.typed(meeting.request)
    identity, body = id_of(values, "id"), forms.dose_body(values)
    client, session = meeting.client_id, meeting.session_id
    outcome = doubted(values)
    if outcome is None:
        outcome = await send(lambda: meeting.treatment.administer(client, session, identity, body), values)
    if outcome is None:
        await forget(meeting.request, values)
        return meeting.shown_again("dose")
    await count_unread(meeting.request)
    return await show_dose(meeting, outcome)


@router.get(CORRECTION)
async def ask_correction(
    _: WriteCourse, meeting: NamedMeeting, administration_id: UUID, kept: kept_forms.KeptId = None
) -> Response:
    """What the record says, to be corrected."""
    await meeting.portal.client(meeting.client_id)
    if kept and (values := await kept_forms.recall(meeting.request, kept)):
        return await show_dose(meeting, kept_outcome(values, kept), corrects=administration_id)
    _course, session = await meeting.find()
    given = await find_given(meeting, administration_id)
    outcome = Outcome(HTTPStatus.OK, forms.correction_values(given, session))
    return await show_dose(meeting, outcome, corrects=administration_id)


@router.post(CORRECTION, dependencies=[Depends(kept_forms.keep_typed(CORRECTION, words="setting"))])
async def correct_dose(_: WriteCourse, meeting: NamedMeeting, administration_id: UUID) -> Response:
    """Correct it, or show the form again with everything that was typed."""
    values = await forms.typed(meeting.request)
    id_of(values, "id")
    client, session, body = meeting.client_id, meeting.session_id, forms.correction_body(values)
    outcome = doubted(values)
    if outcome is None:
        outcome = await send(lambda: meeting.treatment.correct(client, session, administration_id, body), values)
    if outcome is None:
        await forget(meeting.request, values)
        return meeting.shown_again("corrected")
    if outcome.code == "administration_changed":
        given = await find_given(meeting, administration_id)
        outcome.values.update(base_version=str(given.version), id=str(new_id()))
    await count_unread(meeting.request)
    return await show_dose(meeting, outcome, corrects=administration_id)


def doubted(values: forms.Values) -> Outcome | None:
    """Ask once more about a day that is not that of the session, unless this very time was confirmed or stands already.

    A session may be entered days afterwards, or be held on another day than planned: so it is asked, and not refused.
    """
    said = values.get("given_at", "")
    stands = forms.aware(values.get(f"given_at{forms.STORED}", ""))
    if values.get("day_confirmed") == said or not forms.is_far(values):
        return None
    at = forms.instant(values, "given_at")
    if stands and at == stands.isoformat():
        return None
    return Outcome(HTTPStatus.UNPROCESSABLE_ENTITY, {**values, "doubted": at}, {"given_at": str(ANOTHER_DAY)})


async def find_given(meeting: Meeting, administration_id: UUID) -> Administration:
    """What was given in this session. Raises NotFound."""
    course, _session = await meeting.find()
    found = course.administration(administration_id)
    if found is None or found.session_id != meeting.session_id:
        raise NotFound
    return found


async def show_dose(
    meeting: Meeting, outcome: Outcome, *, missing: Sequence[str] = (), corrects: UUID | None = None
) -> Response:
    return page(
        meeting.request,
        "course/desk/dose.html",
        outcome.status,
        **shown(outcome),
        client_id=meeting.client_id,
        session_id=meeting.session_id,
        client_name=await name_of(meeting.portal, meeting.client_id),
        missing=missing,
        doubted=forms.aware(outcome.values.get("doubted", "")),
        corrects=corrects,
        routes=[{"value": route, "label": label} for route, label in ROUTES.items()],
    )
