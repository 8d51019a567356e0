"""A client's course at the therapist's desk: the plan, its form, and the sessions with what was given."""

import asyncio
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import UUID
from zoneinfo import ZoneInfo

from afterglow_design.languages import current as language
from afterglow_design.languages import lazy
from afterglow_design.practice_now import practice_told
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
from afterglow_web.journal.forms import number
from afterglow_web.long_term.asking import WatchedForPerson
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import ReadClients, WriteCourse
from afterglow_web.portal import Portal, PortalForPerson
from afterglow_web.session import kept_forms
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.tasks.asking import AssignedForPerson

COURSE = "/clients/{client_id}/course"
PLAN = f"{COURSE}/plan"
KEPT = lazy("What you typed is still here and not saved yet.")
DONE = {
    "plan": lazy("The plan is saved. The client sees it under “My path”."),
    "long-term": lazy("The answers are saved. The client reads them under “My path”."),
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
    assigned: AssignedForPerson,
    watched: WatchedForPerson,
    saved: str = "",
) -> Response:
    """Plan, sessions and doses. Opening is audited by portal and shown to the client."""
    record = await portal.client(client_id)  # first and alone: a client of somebody else is one refusal, not two
    found, tasks, watch = await asyncio.gather(
        treatment.courses(client_id), assigned.tasks(client_id), watched.found(client_id)
    )
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
        tasks=tasks,
        watch=watch,
        today=datetime.now(UTC).astimezone(ZoneInfo(record.time_zone)).date(),
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
    anew: bool = False,
) -> Response:
    """The form with what was kept over a sign-in, or else what the plan says, or else nothing yet.

    `anew` goes through the practice's list as it is today.
    """
    record = await portal.client(client_id)
    if kept and (values := await kept_forms.recall(request, kept)):
        outcome = Outcome(HTTPStatus.OK, {**values, "kept": str(kept)}, message=str(KEPT))
        return await show_plan(request, portal, client_id, outcome)
    current = (await treatment.courses(client_id)).current
    session = await session_of(request)
    today = datetime.now(UTC).astimezone(ZoneInfo(session.time_zone))
    listed = practice_told().spoken(language()).contraindications
    values = forms.plan_values(current, listed, anew=anew) if current and not another else forms.new_plan(today, listed)
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
        asked=forms.asked_in(outcome.values),
        list_changed=is_of_before(forms.asked_in(outcome.values)),
        items={one: item_words(one) for one in ITEMS},
    )


def is_of_before(asked: list[str]) -> bool:
    """Whether the practice asks about other things by now, in whichever of its languages."""
    practice = practice_told()
    lists = [practice.contraindications, *(words.contraindications for words in practice.words.values())]
    return asked not in [[*one] for one in lists if one is not None]


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
