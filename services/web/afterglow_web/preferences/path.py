"""A client's own preferences under My path: how they stand, one gesture to take one back, and the form."""

from http import HTTPStatus

from afterglow_design.languages import lazy
from afterglow_foundation.identifiers import new_id
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.course.desk import forget, id_of, shown
from afterglow_web.course.forms import typed
from afterglow_web.course.meeting import kept_outcome
from afterglow_web.course.sending import Outcome, send
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import WritePreferences
from afterglow_web.preferences import forms
from afterglow_web.preferences.asking import WishedForPerson
from afterglow_web.preferences.wording import ANSWERS, WISHES
from afterglow_web.session import kept_forms
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site

HERE = "/path/preferences"
CHANGE = f"{HERE}/change"
DONE = {
    "saved": lazy("It is saved. Whoever treats you reads it before and during a session with a dose."),
    "withdrawn": lazy("It is taken back, from this moment."),
}
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get(HERE)
async def own(request: Request, _: WritePreferences, wished: WishedForPerson, done: str = "") -> Response:
    return page(
        request,
        "preferences/own.html",
        wished=await wished.preferences(),
        wishes=WISHES,
        new_ids=new_id,
        said=str(DONE[done]) if done in DONE else None,
        zone=(await session_of(request)).time_zone,
    )


@router.post(f"{HERE}/withdrawals")
async def withdraw(request: Request, _: WritePreferences, wished: WishedForPerson) -> Response:
    """Take one back; sent twice, or when it was not allowed any more, it is done all the same."""
    values = await typed(request)
    await wished.withdraw(id_of(values, "id"), {"wish": values.get("wish", "")})
    return RedirectResponse(f"{HERE}?done=withdrawn", HTTPStatus.SEE_OTHER)


@router.get(CHANGE)
async def ask(
    request: Request, _: WritePreferences, wished: WishedForPerson, kept: kept_forms.KeptId = None
) -> Response:
    """The form with what was kept over a sign-in, or else how they stand."""
    if kept and (values := await kept_forms.recall(request, kept)):
        return show(request, kept_outcome(values, kept))
    return show(request, Outcome(HTTPStatus.OK, forms.values_of(await wished.preferences())))


@router.post(CHANGE, dependencies=[Depends(kept_forms.keep_typed(CHANGE, words="helps"))])
async def save(request: Request, _: WritePreferences, wished: WishedForPerson) -> Response:
    """Save them, or show the form again with everything that was typed."""
    values = await typed(request)
    version_id, body = id_of(values, "id"), forms.body_of(values)
    outcome = await send(lambda: wished.record(version_id, body), values, forms.errors_of)
    if outcome is None:
        await forget(request, values)
        return RedirectResponse(f"{HERE}?done=saved", HTTPStatus.SEE_OTHER)
    if outcome.code == "preferences_changed":
        current = (await wished.preferences()).current
        outcome.values.update(base_version=str(current.version if current else 0), id=str(new_id()))
    await count_unread(request)
    return show(request, outcome)


def show(request: Request, outcome: Outcome) -> Response:
    choices = [{"value": answer, "label": label} for answer, label in ANSWERS.items()]
    return page(request, "preferences/form.html", outcome.status, **shown(outcome), wishes=WISHES, choices=choices)
