"""What was opened in an emergency, for admins and for whoever treats the client: a list, and the review of each."""

from http import HTTPStatus
from uuid import UUID

from afterglow_foundation.callers import Role
from afterglow_foundation.client import UpstreamProblem
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.admin.waiting import with_waiting
from afterglow_web.course.desk import shown
from afterglow_web.course.forms import typed
from afterglow_web.course.sending import Outcome
from afterglow_web.emergencies.asking import BreakGlass, BreakGlassForPerson
from afterglow_web.emergencies.records import Emergency
from afterglow_web.emergencies.wording import OUTCOMES, REVIEWED, WRONG
from afterglow_web.messages.unread import with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import ReadEmergencies, ReviewEmergencies
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.session.kept_forms import keep_typed

PATH = "/emergencies"
ONE = "/emergencies/{grant_id}"
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread), Depends(with_waiting)])


@router.get(PATH)
async def emergencies(
    request: Request,
    _: ReadEmergencies,
    found: BreakGlassForPerson,
    after: str | None = None,
    reviewed: bool = False,  # a word in the address
    ended: bool = False,
) -> Response:
    """What waits for a review first, then the others."""
    listed = await found.listed(after)
    own = await session_of(request)
    return page(
        request,
        "emergencies/list.html",
        waiting=[one for one in listed.items if one.yours_to_review],
        others=[one for one in listed.items if not one.yours_to_review],
        next_href=f"{PATH}?after={listed.next}" if listed.next else None,
        zone=own.time_zone,
        may_open=own.role == Role.therapist,
        reviewed=reviewed,
        ended=ended,
    )


@router.get(ONE)
async def one_emergency(request: Request, grant_id: UUID, _: ReadEmergencies, found: BreakGlassForPerson) -> Response:
    return await show(request, found, await found.one(grant_id), Outcome(HTTPStatus.OK, {}))


@router.post(ONE, dependencies=[Depends(keep_typed(ONE, words="remark"))])
async def review(request: Request, grant_id: UUID, _: ReviewEmergencies, found: BreakGlassForPerson) -> Response:
    """Keep the review and go back to the list, or show the form again with what was typed."""
    values = await typed(request)
    if values.get("outcome") not in OUTCOMES:
        outcome = Outcome(HTTPStatus.UNPROCESSABLE_ENTITY, values, {"outcome": str(WRONG["outcome"])})
        return await show(request, found, await found.one(grant_id), outcome)
    try:
        await found.review(grant_id, values["outcome"], values.get("remark", "").strip() or None)
    except UpstreamProblem as problem:
        outcome = refused(problem, values)
        return await show(request, found, await found.one(grant_id), outcome)
    return RedirectResponse(f"{PATH}?reviewed=true", HTTPStatus.SEE_OTHER)


def refused(problem: UpstreamProblem, values: dict[str, str]) -> Outcome:
    """Raises on what is not about the form."""
    status = problem.upstream_status
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return Outcome(status, values, {"remark": str(WRONG["remark"])})
    if status == HTTPStatus.CONFLICT:
        return Outcome(status, values, message=str(REVIEWED))
    raise problem


async def show(request: Request, found: BreakGlass, emergency: Emergency, outcome: Outcome) -> Response:
    own = await session_of(request)
    return page(
        request,
        "emergencies/one.html",
        outcome.status,
        **shown(outcome),
        emergency=emergency,
        why=await words_for(found, emergency, own.role),
        treating=own.role == Role.therapist and own.person_id != emergency.therapist.id,
        outcomes=[{"value": value, "label": label} for value, label in OUTCOMES.items()],
        zone=own.time_zone,
    )


async def words_for(found: BreakGlass, emergency: Emergency, role: Role) -> str | None:
    """What was written about it, for whoever reads that record anyway; admins read nothing clinical."""
    if role != Role.therapist:
        return None
    try:
        explained = await found.explained(emergency.client.id)
    except UpstreamProblem as problem:
        if problem.upstream_status == HTTPStatus.NOT_FOUND:
            return None
        raise
    return next((one.words for one in explained if one.id == emergency.id), None)
