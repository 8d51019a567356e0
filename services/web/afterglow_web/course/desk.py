"""A client's course at the therapist's desk: the plan, its form, and the sessions with what was given."""

from datetime import UTC, datetime
from http import HTTPStatus
from uuid import UUID
from zoneinfo import ZoneInfo

from afterglow_design.languages import lazy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import BadRequest, Unavailable
from afterglow_foundation.identifiers import new_id
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.client.vocabulary_words import ITEMS, item_words
from afterglow_web.course import forms
from afterglow_web.course.asking import Treatment, TreatmentForPerson
from afterglow_web.course.path import parted
from afterglow_web.course.sending import Outcome, send
from afterglow_web.course.wording import CONTRAINDICATIONS
from afterglow_web.journal.forms import number
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import ReadClients, WriteCourse
from afterglow_web.portal import Portal, PortalForPerson
from afterglow_web.session import kept_forms
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site

COURSE = "/clients/{client_id}/course"
PLAN = f"{COURSE}/plan"
KEPT = lazy("What you typed is still here and not saved yet.")
DONE = {
    "plan": lazy("The plan is saved. The client sees it under “My path”."),
    "planned": lazy("The session is planned. The client sees it on their first page."),
}
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get(COURSE)
async def overview(
    *,
    request: Request,
    client_id: UUID,
    _: ReadClients,
    portal: PortalForPerson,
    treatment: TreatmentForPerson,
    saved: str = "",
) -> Response:
    """Plan, sessions and doses. Opening is audited by portal and shown to the client."""
    record = await portal.client(client_id)  # first and alone: a client of somebody else is one refusal, not two
    found = await treatment.courses(client_id)
    to_come, so_far = parted(found.current, datetime.now(UTC))
    return page(
        request,
        "course/desk/page.html",
        record=record,
        client_id=client_id,
        course=found.current,
        earlier=found.items[1:],
        to_come=to_come,
        so_far=so_far,
        zone=record.time_zone,
        saved=str(DONE[saved]) if saved in DONE else None,
    )


@router.get(PLAN)
async def plan(
    *,
    request: Request,
    client_id: UUID,
    _: WriteCourse,
    portal: PortalForPerson,
    treatment: TreatmentForPerson,
    kept: kept_forms.KeptId = None,
    another: bool = False,
) -> Response:
    """The form with what was kept over a sign-in, or else what the plan says, or else nothing yet."""
    record = await portal.client(client_id)
    if kept and (values := await kept_forms.recall(request, kept)):
        outcome = Outcome(HTTPStatus.OK, {**values, "kept": str(kept)}, message=str(KEPT))
        return await show_plan(request, portal, client_id, outcome)
    current = (await treatment.courses(client_id)).current
    session = await session_of(request)
    today = datetime.now(UTC).astimezone(ZoneInfo(session.time_zone))
    values = forms.plan_values(current) if current and not another else forms.new_plan(today)
    return await show_plan(request, portal, client_id, Outcome(HTTPStatus.OK, values), client_name=record.name)


@router.post(PLAN, dependencies=[Depends(kept_forms.keep_typed(PLAN, words="problem"))])
async def save_plan(
    request: Request, client_id: UUID, _: WriteCourse, portal: PortalForPerson, treatment: TreatmentForPerson
) -> Response:
    """Save and go back to the course, or show the form again with everything that was typed."""
    values = await forms.typed(request)
    course_id, body = id_of(values, "id"), forms.plan_body(values)
    ask = treatment.edit if number(values.get("base_version", "")) else treatment.begin
    outcome = await send(lambda: ask(client_id, course_id, body), values)
    if outcome is None:
        await forget(request, values)
        return RedirectResponse(f"/clients/{client_id}/course?saved=plan", status_code=303)
    if outcome.code == "course_changed":
        outcome.values.update(await newest(treatment, client_id, course_id))
    await count_unread(request)
    return await show_plan(request, portal, client_id, outcome)


async def newest(treatment: Treatment, client_id: UUID, course_id: UUID) -> forms.Values:
    """The version to put the words on top of."""
    found = await treatment.courses(client_id)
    version = next((one.version for one in found.items if one.id == course_id), 0)
    return {"base_version": str(version), "version_id": str(new_id())}


async def show_plan(
    request: Request, portal: Portal, client_id: UUID, outcome: Outcome, *, client_name: str | None = None
) -> Response:
    return page(
        request,
        "course/desk/plan.html",
        outcome.status,
        **shown(outcome),
        client_id=client_id,
        client_name=client_name or await name_of(portal, client_id),
        rows=forms.shown_rows(outcome.values),
        contraindications=CONTRAINDICATIONS,
        items={one: item_words(one) for one in ITEMS},
    )


async def name_of(portal: Portal, client_id: UUID) -> str:
    """The client's name; empty where portal does not say, since the form must show all the same."""
    try:
        return (await portal.client(client_id)).name
    except UpstreamProblem as problem:
        if problem.upstream_status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
    except Unavailable:
        pass
    return ""


def shown(outcome: Outcome) -> dict[str, object]:
    """What every form of the course shows of an outcome."""
    return {
        "values": outcome.values,
        "errors": outcome.errors,
        "message": outcome.message,
        "summary": [{"href": f"#{name}", "text": text} for name, text in outcome.errors.items()],
    }


def id_of(values: forms.Values, name: str) -> UUID:
    """An id that the page brought. Raises BadRequest for what is none."""
    if found := kept_forms.known_id(values.get(name)):
        return found
    raise BadRequest


async def forget(request: Request, values: forms.Values) -> None:
    if kept := kept_forms.known_id(values.get("kept")):
        await kept_forms.forget(request, kept)
