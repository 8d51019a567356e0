"""The summary of a session at the therapist's desk."""

from dataclasses import replace
from http import HTTPStatus

from afterglow_design.languages import lazy
from afterglow_foundation.errors import NotFound
from afterglow_foundation.identifiers import new_id
from fastapi import APIRouter, Depends
from starlette.responses import Response

from afterglow_web.course.desk import forget, id_of, name_of, shown
from afterglow_web.course.forms import typed
from afterglow_web.course.meeting import ONE, Meeting, NamedMeeting, kept_outcome
from afterglow_web.course.sending import Outcome, send
from afterglow_web.journal.forms import number
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.notes import forms
from afterglow_web.notes.asking import NotesForPerson
from afterglow_web.notes.records import Summary
from afterglow_web.pages import page
from afterglow_web.permissions import WriteCourse
from afterglow_web.session import kept_forms
from afterglow_web.session.csrf import refuse_cross_site

SUMMARY = f"{ONE}/summary"
UNDECIDED = lazy("Say that the client does not read it, or leave the reason empty: nothing is saved yet")
WITHHELD_MEANWHILE = lazy(
    "Nothing is saved yet. Somebody wrote that the client does not read this summary, and why: both stand in the form"
    " now. Saved once more, your words come on top and the client still does not read them. If they are to read it,"
    " choose so below and empty the reason."
)
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get(SUMMARY)
async def ask_summary(
    _: WriteCourse, meeting: NamedMeeting, notes: NotesForPerson, kept: kept_forms.KeptId = None
) -> Response:
    """The form with what was kept over a sign-in, or else what it says, or else nothing yet."""
    await meeting.portal.client(meeting.client_id)
    if kept and (values := await kept_forms.recall(meeting.request, kept)):
        return await show(meeting, kept_outcome(values, kept))
    await meeting.find()
    summary = await notes.of(meeting.session_id, meeting.client_id)
    return await show(meeting, Outcome(HTTPStatus.OK, forms.values_of(summary)))


@router.get(f"{SUMMARY}/versions")
async def read_versions(_: WriteCourse, meeting: NamedMeeting, notes: NotesForPerson) -> Response:
    """What it said before, newest first, with who wrote it and when."""
    record = await meeting.portal.client(meeting.client_id)
    versions = (await notes.versions(meeting.session_id, meeting.client_id))[::-1]
    if not versions:
        raise NotFound
    return page(
        meeting.request,
        "notes/versions.html",
        versions=versions,
        client_id=meeting.client_id,
        session_id=meeting.session_id,
        client_name=record.name,
        zone=record.time_zone,
    )


@router.post(SUMMARY, dependencies=[Depends(kept_forms.keep_typed(SUMMARY, words="text"))])
async def save_summary(_: WriteCourse, meeting: NamedMeeting, notes: NotesForPerson) -> Response:
    """Save it, or show the form again with everything that was typed."""
    values = await typed(meeting.request)
    if forms.contradicts_itself(values):
        errors = {"withholding_reason": str(UNDECIDED)}
        await count_unread(meeting.request)
        return await show(meeting, Outcome(HTTPStatus.UNPROCESSABLE_ENTITY, values, errors))
    summary_id, body = id_of(values, "id"), forms.body_of(values, meeting.session_id)
    ask = notes.edit if number(values.get("base_version", "")) else notes.write
    outcome = await send(lambda: ask(meeting.client_id, summary_id, body), values)
    if outcome is None:
        await forget(meeting.request, values)
        return meeting.shown_again("summary")
    if outcome.code in {"summary_changed", "summary_written"} and (
        newest := await notes.of(meeting.session_id, meeting.client_id)
    ):
        outcome = put_on_top(outcome, newest)
    await count_unread(meeting.request)
    return await show(meeting, outcome)


def put_on_top(outcome: Outcome, newest: Summary) -> Outcome:
    """The same words on the newest version. What was withheld meanwhile stays so unless somebody opens it knowingly."""
    base = {"id": str(newest.id), "base_version": str(newest.version), "version_id": str(new_id())}
    if not newest.withheld or outcome.values.get("for") == forms.WITHHELD:
        return replace(outcome, values=outcome.values | base)
    said = {"for": forms.WITHHELD, "withholding_reason": newest.withholding_reason or ""}
    return replace(outcome, values=outcome.values | base | said, message=str(WITHHELD_MEANWHILE))


async def show(meeting: Meeting, outcome: Outcome) -> Response:
    return page(
        meeting.request,
        "notes/desk.html",
        outcome.status,
        **shown(outcome),
        client_id=meeting.client_id,
        session_id=meeting.session_id,
        client_name=await name_of(meeting.portal, meeting.client_id),
    )
