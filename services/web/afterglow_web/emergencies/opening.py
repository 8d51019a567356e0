"""A therapist opens the record of somebody whom they do not treat: one form, after proving who they are."""

from http import HTTPStatus
from uuid import UUID

from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import Unavailable
from afterglow_foundation.identifiers import new_id
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.course.desk import forget, id_of, shown
from afterglow_web.course.forms import Values, typed
from afterglow_web.course.meeting import kept_outcome
from afterglow_web.course.sending import Outcome
from afterglow_web.emergencies.asking import BreakGlass, BreakGlassForPerson
from afterglow_web.emergencies.records import Emergency
from afterglow_web.emergencies.wording import NOBODY, NOT_YET, REASONS, REFUSED, WRONG
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import OpenRecord
from afterglow_web.session import kept_forms
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.session.step_up import FreshlyProved
from afterglow_web.typed import Broken

PATH = "/emergency"
LONGEST_WORDS = 1_000
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get(PATH, dependencies=[FreshlyProved])
async def ask_why(request: Request, _: OpenRecord, kept: kept_forms.KeptId = None) -> Response:
    """The form with what was kept over a sign-in, or else empty."""
    if kept and (values := await kept_forms.recall(request, kept)):
        return show(request, kept_outcome(values, kept))
    return show(request, Outcome(HTTPStatus.OK, {"id": str(new_id())}))


@router.post(PATH, dependencies=[Depends(kept_forms.keep_typed(PATH, words="words"))])
async def open_record(request: Request, _: OpenRecord, emergencies: BreakGlassForPerson) -> Response:
    """Open it and go to the record, or show the form again with everything that was typed."""
    values = await typed(request)
    outcome = await send(emergencies, values, (await session_of(request)).person_id)
    if isinstance(outcome, Outcome):
        await count_unread(request)
        return show(request, outcome)
    await forget(request, values)
    return RedirectResponse(outcome, HTTPStatus.SEE_OTHER)


async def send(emergencies: BreakGlass, values: Values, therapist: UUID) -> Outcome | str:
    """The page of the record that is open now; or the form again. Sent again under its id, nothing is done twice.

    A grant of before whose words did not arrive gets these: else its record stayed closed for the whole hour.
    """
    if wrong := missing(values):
        return Outcome(HTTPStatus.UNPROCESSABLE_ENTITY, values, wrong)
    try:
        grant = await granted(emergencies, values, therapist)
        await explain(emergencies, grant, values["words"].strip())
    except UpstreamProblem as problem:
        return refused(problem, values)
    except Unavailable:
        return Outcome(HTTPStatus.SERVICE_UNAVAILABLE, values, message=str(NOT_YET))
    return f"/clients/{grant.client.id}"


async def granted(emergencies: BreakGlass, values: Values, therapist: UUID) -> Emergency:
    try:
        return await emergencies.open(id_of(values, "id"), values["email"].strip(), values["reason"])
    except UpstreamProblem as problem:
        before = (await emergencies.listed()).only_open(therapist) if problem.upstream.code == "already_open" else None
        if before is None:
            raise
        return before


async def explain(emergencies: BreakGlass, grant: Emergency, words: str) -> None:
    """Other words than those that were said before open nothing more, and change nothing: the record is open."""
    try:
        await emergencies.explain(grant, words)
    except UpstreamProblem as problem:
        if problem.upstream_status != HTTPStatus.CONFLICT:
            raise


def missing(values: Values) -> dict[str, str]:
    """What can be said before anybody is asked: the words go elsewhere than the rest, and only after it."""
    said = values.get("words", "").strip()
    wrong = {
        "email": not values.get("email", "").strip(),
        "reason": values.get("reason") not in REASONS,
        "words": not said or len(said) > LONGEST_WORDS,
    }
    return {
        name: str(WRONG[name]) for name, is_wrong in wrong.items() if is_wrong or isinstance(values.get(name), Broken)
    }


def refused(problem: UpstreamProblem, values: Values) -> Outcome:
    """Raises on what is not about the form."""
    status, code = problem.upstream_status, problem.upstream.code
    if status == HTTPStatus.NOT_FOUND:
        return Outcome(HTTPStatus.UNPROCESSABLE_ENTITY, values, {"email": str(NOBODY)})
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        errors = {one.field: str(WRONG[one.field]) for one in problem.upstream.errors if one.field in WRONG}
        return Outcome(status, values, errors or {"email": str(WRONG["email"])})
    if code in REFUSED:
        again = {"id": str(new_id())} if code == "conflict" else {}
        return Outcome(status, values | again, message=str(REFUSED[code]), code=code)
    raise problem


def show(request: Request, outcome: Outcome) -> Response:
    reasons = [{"value": value, "label": label} for value, label in REASONS.items()]
    return page(request, "emergencies/open.html", outcome.status, **shown(outcome), reasons=reasons)
