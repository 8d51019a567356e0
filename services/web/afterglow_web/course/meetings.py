"""A client's sessions at the therapist's desk: plan one, move it, cancel it, open it, end it."""

import asyncio
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import UUID

from afterglow_design.languages import lazy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import NotFound
from afterglow_foundation.identifiers import new_id
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.course import forms
from afterglow_web.course.asking import Act, TreatmentForPerson
from afterglow_web.course.desk import COURSE, forget, id_of, name_of, shown
from afterglow_web.course.meeting import ONE, Meeting, NamedMeeting, kept_outcome
from afterglow_web.course.records import Kind, State
from afterglow_web.course.sending import REFUSED, Outcome, send
from afterglow_web.course.threads import threads_to_choose
from afterglow_web.course.wording import KINDS
from afterglow_web.journal.asking import Journal, JournalForPerson
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import ReadClients, WriteCourse
from afterglow_web.portal import Portal, PortalForPerson
from afterglow_web.records import ClientRecord
from afterglow_web.session import kept_forms
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site

NEW, TIME, CANCELLATION = f"{COURSE}/sessions/new", f"{ONE}/time", f"{ONE}/cancellation"
BEFORE_AND_WHILE = {Kind.preparation, Kind.dosing}
DONE = {
    "moved": lazy("The session is changed. What it was before stays in the record."),
    "cancellation": lazy("The session is cancelled. It stays in the record."),
    "opening": lazy("The session is open."),
    "ending": lazy("The session has ended."),
    "readiness": lazy("The list before the dose is saved."),
    "vital-signs": lazy("The reading is recorded."),
    "adverse-event": lazy("It is recorded, and the client reads it too."),
    "observation": lazy("The observation is recorded."),
    "discharge": lazy("The list before leaving is saved."),
    "dose": lazy("It is recorded. If it is corrected later, what it says now stays in the record."),
    "corrected": lazy("It is corrected. What it said before stays in the record."),
    "task": lazy("The task is assigned. The client sees it under “My path”."),
    "task-cancelled": lazy("The task is cancelled from today on. What was done stays in the record."),
    "withdrawn": lazy("It is withdrawn. It stays in the record, struck through, and nothing counts it."),
    "summary": lazy("The summary is saved. What it said before stays in the record."),
}
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get(NEW)
async def new_session(
    *,
    request: Request,
    client_id: UUID,
    _: WriteCourse,
    portal: PortalForPerson,
    journal: JournalForPerson,
    kept: kept_forms.KeptId = None,
) -> Response:
    """The form of a session to come, on the client's clock."""
    record = await portal.client(client_id)
    if kept and (values := await kept_forms.recall(request, kept)):
        return await show_form(request, portal, journal, client_id, kept_outcome(values, kept))
    values = {"id": str(new_id()), "time_zone": record.time_zone}
    return await show_form(request, portal, journal, client_id, Outcome(HTTPStatus.OK, values))


@router.post(NEW, dependencies=[Depends(kept_forms.keep_typed(NEW, words="planned_at"))])
async def plan_session(
    *,
    request: Request,
    client_id: UUID,
    _: WriteCourse,
    portal: PortalForPerson,
    treatment: TreatmentForPerson,
    journal: JournalForPerson,
) -> Response:
    """Plan it in the current course, or show the form again with everything that was typed."""
    values = await forms.typed(request)
    session_id, body = id_of(values, "id"), forms.session_body(values)
    course = (await treatment.courses(client_id)).current
    if course is None:
        raise NotFound
    outcome = await send(lambda: treatment.plan(client_id, course.id, session_id, body), values)
    if outcome is None:
        await forget(request, values)
        return RedirectResponse(f"/clients/{client_id}/course?saved=planned", status_code=303)
    await count_unread(request)
    return await show_form(request, portal, journal, client_id, outcome)


@router.get(ONE)
async def one_session(_: ReadClients, meeting: NamedMeeting, done: str = "") -> Response:
    """A session with its history, and what was given in it."""
    return await show_session(meeting, said=str(DONE[done]) if done in DONE else None)


@router.get(TIME)
async def ask_time(
    _: WriteCourse, meeting: NamedMeeting, journal: JournalForPerson, kept: kept_forms.KeptId = None
) -> Response:
    """The form for another time, kind or thread of a planned session."""
    if kept and (values := await kept_forms.recall(meeting.request, kept)):
        outcome = kept_outcome(values, kept)
    else:
        _course, session = await meeting.find()
        outcome = Outcome(HTTPStatus.OK, forms.session_values(session))
    return await show_change(meeting, journal, outcome)


@router.post(TIME, dependencies=[Depends(kept_forms.keep_typed(TIME, words="planned_at"))])
async def move(_: WriteCourse, meeting: NamedMeeting, journal: JournalForPerson) -> Response:
    """Change it, or show the form again with everything that was typed."""
    values = await forms.typed(meeting.request)
    id_of(values, "id")
    client_id, session_id = meeting.client_id, meeting.session_id
    outcome = await send(lambda: meeting.treatment.move(client_id, session_id, forms.session_body(values)), values)
    if outcome is None:
        await forget(meeting.request, values)
        return meeting.shown_again("moved")
    if outcome.code == "session_changed":
        _course, session = await meeting.find()
        outcome.values.update(base_version=str(session.version), id=str(new_id()))
    await count_unread(meeting.request)
    return await show_change(meeting, journal, outcome)


@router.get(CANCELLATION)
async def ask_cancellation(_: WriteCourse, meeting: NamedMeeting, kept: kept_forms.KeptId = None) -> Response:
    """Say what cancelling means before it is done."""
    record = await meeting.portal.client(meeting.client_id)
    values = await kept_forms.recall(meeting.request, kept) if kept else None
    outcome = kept_outcome(values, kept) if kept and values else Outcome(HTTPStatus.OK, {})
    return await show_cancellation(meeting, outcome, record)


@router.post(CANCELLATION, dependencies=[Depends(kept_forms.keep_typed(CANCELLATION, words="reason"))])
async def cancel(_: WriteCourse, meeting: NamedMeeting) -> Response:
    """Cancel it, or ask again with what was typed; where it has gone on meanwhile, its page says so."""
    values = await forms.typed(meeting.request)
    body = {"reason": forms.text(values, "reason")}
    outcome = await send(lambda: meeting.treatment.cancel(meeting.client_id, meeting.session_id, body), values)
    if outcome is None:
        await forget(meeting.request, values)
        return meeting.shown_again("cancellation")
    await count_unread(meeting.request)
    if outcome.code:
        return await show_session(meeting, refusal=outcome.message)
    return await show_cancellation(meeting, outcome, await meeting.portal.client(meeting.client_id))


async def show_cancellation(meeting: Meeting, outcome: Outcome, record: ClientRecord) -> Response:
    _course, session = await meeting.find()
    return page(
        meeting.request,
        "course/desk/cancellation.html",
        outcome.status,
        **shown(outcome),
        client_name=record.name,
        client_id=meeting.client_id,
        session=session,
        zone=record.time_zone,
    )


@router.post(f"{ONE}/{{act}}")
async def go_on(_: WriteCourse, meeting: NamedMeeting, act: Act) -> Response:
    """Open it or end it; where it has gone on meanwhile, its page says so."""
    try:
        await meeting.treatment.act(meeting.client_id, meeting.session_id, act)
    except UpstreamProblem as problem:
        if problem.upstream.code not in REFUSED:
            raise
        await count_unread(meeting.request)
        return await show_session(meeting, refusal=str(REFUSED[problem.upstream.code]))
    return meeting.shown_again(act)


async def show_change(meeting: Meeting, journal: Journal, outcome: Outcome) -> Response:
    return await show_form(
        meeting.request, meeting.portal, journal, meeting.client_id, outcome, session_id=meeting.session_id
    )


async def show_form(
    request: Request,
    portal: Portal,
    journal: Journal,
    client_id: UUID,
    outcome: Outcome,
    *,
    session_id: UUID | None = None,
) -> Response:
    name, threads = await asyncio.gather(
        name_of(portal, client_id), threads_to_choose(journal, client_id, outcome.values.get("thread", ""))
    )
    return page(
        request,
        "course/desk/session_form.html",
        outcome.status,
        **shown(outcome),
        client_id=client_id,
        session_id=session_id,
        client_name=name,
        threads=threads,
        kinds=[{"value": kind, "label": label} for kind, label in KINDS.items()],
    )


async def show_session(meeting: Meeting, *, said: str | None = None, refusal: str | None = None) -> Response:
    """Its page, reached from a link, from an act and from a refusal."""
    record = await meeting.portal.client(meeting.client_id)
    course, session = await meeting.find()
    own = await session_of(meeting.request)
    dosing = session.kind == Kind.dosing
    day, tasks = await asyncio.gather(meeting.day(), meeting.tasks()) if dosing else (None, None)
    return page(
        meeting.request,
        "course/desk/session.html",
        HTTPStatus.CONFLICT if refusal else HTTPStatus.OK,
        client_name=record.name,
        client_id=meeting.client_id,
        session=session,
        also_open=course.open_besides(session.id) if session.state in {State.planned, State.open} else [],
        given=course.given_in(meeting.session_id),
        may_give=dosing and session.state in {State.open, State.ended},
        day=day,
        tasks=tasks,
        wished=await meeting.wishes(session) if session.kind in BEFORE_AND_WHILE else None,
        now=datetime.now(UTC),
        zone=record.time_zone,
        own_zone=own.time_zone,
        said=said,
        refusal=refusal,
    )
