"""A client's sessions at the therapist's desk: plan one, move it, cancel it, open it, end it, record what was given."""

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
from afterglow_web.course.asking import Act, Treatment, TreatmentForPerson
from afterglow_web.course.desk import COURSE, KEPT, forget, id_of, name_of, shown
from afterglow_web.course.records import Course, Session, State
from afterglow_web.course.sending import REFUSED, Outcome, send
from afterglow_web.course.wording import KINDS, ROUTES
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import ReadClients, WriteCourse
from afterglow_web.portal import Portal, PortalForPerson
from afterglow_web.session import kept_forms
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site

NEW, ONE = f"{COURSE}/sessions/new", f"{COURSE}/sessions/{{session_id}}"
TIME, CANCELLATION, DOSE = f"{ONE}/time", f"{ONE}/cancellation", f"{ONE}/dose"
DONE = {
    "moved": lazy("The session is changed. What it was before stays in the record."),
    "cancellation": lazy("The session is cancelled. It stays in the record."),
    "opening": lazy("The session is open."),
    "ending": lazy("The session has ended."),
    "dose": lazy("It is recorded. A record of what was given cannot be changed."),
}
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get(NEW)
async def new_session(
    *,
    request: Request,
    client_id: UUID,
    _: WriteCourse,
    portal: PortalForPerson,
    kept: kept_forms.KeptId = None,
) -> Response:
    """The form of a session to come, on the client's clock."""
    record = await portal.client(client_id)
    if kept and (values := await kept_forms.recall(request, kept)):
        return await show_form(request, portal, client_id, kept_outcome(values, kept))
    values = {"id": str(new_id()), "time_zone": record.time_zone}
    return await show_form(request, portal, client_id, Outcome(HTTPStatus.OK, values))


@router.post(NEW, dependencies=[Depends(kept_forms.keep_typed(NEW, words="planned_at"))])
async def plan_session(
    request: Request, client_id: UUID, _: WriteCourse, portal: PortalForPerson, treatment: TreatmentForPerson
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
    return await show_form(request, portal, client_id, outcome)


@router.get(ONE)
async def one_session(
    *,
    request: Request,
    client_id: UUID,
    session_id: UUID,
    _: ReadClients,
    portal: PortalForPerson,
    treatment: TreatmentForPerson,
    done: str = "",
) -> Response:
    """A session with its history, and what was given in it."""
    said = str(DONE[done]) if done in DONE else None
    return await show_session(request, portal, treatment, client_id, session_id, said=said)


@router.get(TIME)
async def ask_time(
    *,
    request: Request,
    client_id: UUID,
    session_id: UUID,
    _: WriteCourse,
    portal: PortalForPerson,
    treatment: TreatmentForPerson,
    kept: kept_forms.KeptId = None,
) -> Response:
    """The form for another time or kind of a planned session."""
    if kept and (values := await kept_forms.recall(request, kept)):
        return await show_form(request, portal, client_id, kept_outcome(values, kept), session_id)
    _course, session = await find(treatment, client_id, session_id)
    return await show_form(
        request, portal, client_id, Outcome(HTTPStatus.OK, forms.session_values(session)), session_id
    )


@router.post(TIME, dependencies=[Depends(kept_forms.keep_typed(TIME, words="planned_at"))])
async def move(
    *,
    request: Request,
    client_id: UUID,
    session_id: UUID,
    _: WriteCourse,
    portal: PortalForPerson,
    treatment: TreatmentForPerson,
) -> Response:
    """Change it, or show the form again with everything that was typed."""
    values = await forms.typed(request)
    id_of(values, "id")
    outcome = await send(lambda: treatment.move(client_id, session_id, forms.session_body(values)), values)
    if outcome is None:
        await forget(request, values)
        return to_session(client_id, session_id, "moved")
    if outcome.code == "session_changed":
        _course, session = await find(treatment, client_id, session_id)
        outcome.values.update(base_version=str(session.version), id=str(new_id()))
    await count_unread(request)
    return await show_form(request, portal, client_id, outcome, session_id)


@router.get(CANCELLATION)
async def ask_cancellation(
    *,
    request: Request,
    client_id: UUID,
    session_id: UUID,
    _: WriteCourse,
    portal: PortalForPerson,
    treatment: TreatmentForPerson,
) -> Response:
    """Say what cancelling means before it is done."""
    record = await portal.client(client_id)
    _course, session = await find(treatment, client_id, session_id)
    return page(
        request,
        "course/desk/cancellation.html",
        client_name=record.name,
        client_id=client_id,
        session=session,
        zone=record.time_zone,
    )


@router.get(DOSE)
async def ask_dose(
    *,
    request: Request,
    client_id: UUID,
    session_id: UUID,
    _: WriteCourse,
    portal: PortalForPerson,
    treatment: TreatmentForPerson,
    kept: kept_forms.KeptId = None,
) -> Response:
    """The form for what was given; what is the same each time is there already, how much is not."""
    record = await portal.client(client_id)
    if kept and (values := await kept_forms.recall(request, kept)):
        return await show_dose(request, portal, client_id, session_id, kept_outcome(values, kept))
    course, session = await find(treatment, client_id, session_id)
    now = datetime.now(UTC) if session.state == State.open else None
    before = course.administrations[-1] if course.administrations else None
    values = forms.dose_values(record.time_zone, now, before)
    return await show_dose(request, portal, client_id, session_id, Outcome(HTTPStatus.OK, values))


@router.post(DOSE, dependencies=[Depends(kept_forms.keep_typed(DOSE, words="setting"))])
async def record_dose(
    *,
    request: Request,
    client_id: UUID,
    session_id: UUID,
    _: WriteCourse,
    portal: PortalForPerson,
    treatment: TreatmentForPerson,
) -> Response:
    """Record it once, or show the form again with everything that was typed."""
    values = await forms.typed(request)
    identity, body = id_of(values, "id"), forms.dose_body(values)
    outcome = await send(lambda: treatment.administer(client_id, session_id, identity, body), values)
    if outcome is None:
        await forget(request, values)
        return to_session(client_id, session_id, "dose")
    await count_unread(request)
    return await show_dose(request, portal, client_id, session_id, outcome)


@router.post(f"{ONE}/{{act}}")
async def go_on(
    *,
    request: Request,
    client_id: UUID,
    session_id: UUID,
    act: Act,
    _: WriteCourse,
    portal: PortalForPerson,
    treatment: TreatmentForPerson,
) -> Response:
    """Open, end or cancel it; where it has gone on meanwhile, its page says so."""
    try:
        await treatment.act(client_id, session_id, act)
    except UpstreamProblem as problem:
        if problem.upstream.code not in REFUSED:
            raise
        await count_unread(request)
        refusal = str(REFUSED[problem.upstream.code])
        return await show_session(request, portal, treatment, client_id, session_id, refusal=refusal)
    return to_session(client_id, session_id, act)


async def find(treatment: Treatment, client_id: UUID, session_id: UUID) -> tuple[Course, Session]:
    """The session in whichever course it is. Raises NotFound."""
    for course in (await treatment.courses(client_id)).items:
        if session := course.find(session_id):
            return course, session
    raise NotFound


def kept_outcome(values: forms.Values, kept: UUID) -> Outcome:
    return Outcome(HTTPStatus.OK, {**values, "kept": str(kept)}, message=str(KEPT))


def to_session(client_id: UUID, session_id: UUID, done: str) -> Response:
    return RedirectResponse(f"/clients/{client_id}/course/sessions/{session_id}?done={done}", status_code=303)


async def show_form(
    request: Request, portal: Portal, client_id: UUID, outcome: Outcome, session_id: UUID | None = None
) -> Response:
    return page(
        request,
        "course/desk/session_form.html",
        outcome.status,
        **shown(outcome),
        client_id=client_id,
        session_id=session_id,
        client_name=await name_of(portal, client_id),
        kinds=[{"value": kind, "label": label} for kind, label in KINDS.items()],
    )


async def show_dose(request: Request, portal: Portal, client_id: UUID, session_id: UUID, outcome: Outcome) -> Response:
    return page(
        request,
        "course/desk/dose.html",
        outcome.status,
        **shown(outcome),
        client_id=client_id,
        session_id=session_id,
        client_name=await name_of(portal, client_id),
        routes=[{"value": route, "label": label} for route, label in ROUTES.items()],
    )


async def show_session(  # one page, reached from a link, from an act and from a refusal
    request: Request,
    portal: Portal,
    treatment: Treatment,
    client_id: UUID,
    session_id: UUID,
    *,
    said: str | None = None,
    refusal: str | None = None,
) -> Response:
    record = await portal.client(client_id)
    course, session = await find(treatment, client_id, session_id)
    own = await session_of(request)
    return page(
        request,
        "course/desk/session.html",
        HTTPStatus.CONFLICT if refusal else HTTPStatus.OK,
        client_name=record.name,
        client_id=client_id,
        session=session,
        given=course.given_in(session_id),
        may_give=session.kind == "dosing" and session.state in {State.open, State.ended},
        zone=record.time_zone,
        own_zone=own.time_zone,
        said=said,
        refusal=refusal,
    )
