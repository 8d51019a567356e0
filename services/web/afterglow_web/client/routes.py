"""A client's pages: saving a check-in, the history, and the standing choices. Today itself is at `/` (home.py)."""

import asyncio
from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import UpstreamProblem
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web import drawing
from afterglow_web.client import periods, saving, today, unsent
from afterglow_web.client.forms import CheckInForm
from afterglow_web.client.welcome import A_DAY, TOMORROW, ChoicesForm
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import is_fragment, page, passed_on
from afterglow_web.permissions import ReadCheckIns, WriteCheckIns, WriteChoices
from afterglow_web.portal import PortalForPerson
from afterglow_web.records import Visibility
from afterglow_web.session import kept_forms
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.session.named_person import refuse_if_another_is_named
from afterglow_web.typed import PassedBody
from afterglow_web.wording import SAVED

router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.post("/check-ins", dependencies=[Depends(kept_forms.keep_typed("/"))])
async def save_check_in(
    request: Request, _: WriteCheckIns, portal: PortalForPerson, form: Annotated[CheckInForm, Form()]
) -> Response:
    """Save and go to the history, or show the form again with everything that was typed."""
    session = await session_of(request)
    result = await saving.save(portal, form, session.time_zone)
    if not result.saved:
        await count_unread(request)
        offered = await portal.vocabulary()
        return await today.show(
            request, result.form, offered, status=result.status, errors=result.errors, message=result.message
        )
    if form.kept_id:
        await kept_forms.forget(request, form.kept_id)
    # The id is for the phone: what it still keeps under it has arrived (outbox.js).
    return RedirectResponse(f"/check-ins?saved={form.visibility}&id={form.check_in_id}", status_code=303)


@router.post("/check-ins/unsent")
async def look_again(
    request: Request, _: WriteCheckIns, portal: PortalForPerson, form: Annotated[CheckInForm, Form()]
) -> Response:
    """What a phone kept and portal did not take: the form again, with what is wrong with it. Nothing is saved."""
    await count_unread(request)
    return await unsent.show(request, form, await portal.vocabulary())


@router.put("/check-ins/{check_in_id}", dependencies=[Depends(refuse_if_another_is_named)])
async def put_check_in(check_in_id: UUID, _: WriteCheckIns, portal: PortalForPerson, body: PassedBody) -> Response:
    """The same for programs: portal's own answer, 201, 200, or its problem."""
    return passed_on(await portal.put_check_in(check_in_id, body))


@router.get("/check-ins")
async def history(
    *,
    request: Request,
    _: ReadCheckIns,
    portal: PortalForPerson,
    saved: str = "",
    deleted: bool = False,
    period: str = "",
    after: str | None = None,
) -> Response:
    """A week to ten years as curves, and the entries, newest first; for htmx only the further entries."""
    chosen = periods.period_of(period)
    if is_fragment(request):
        entries = await portal.check_ins(after=after)
        return page(request, "client/check_ins/_entries.html", entries=entries, chosen=chosen)
    curve, entries = await asyncio.gather(portal.curve(days=periods.DAYS[chosen]), portal.check_ins(after=after))
    return page(
        request,
        "client/check_ins/page.html",
        deleted=deleted,
        saved=str(SAVED[Visibility(saved)]) if saved in set(Visibility) else None,
        balance=drawing.mood_and_energy(curve),
        strength=drawing.anxiety(curve),
        has_curve=curve.says_something,
        chosen=chosen,
        entries=entries,
        period=periods.TITLES[chosen],
        periods=periods.links(chosen),
        earlier=after is not None,
    )


@router.get("/welcome")
async def welcome(request: Request, _: WriteChoices, portal: PortalForPerson) -> Response:
    """Ask for the two standing choices; somebody who made them sees and may change them."""
    return ask(request, ChoicesForm.of(await portal.choices()))


@router.post("/welcome")
async def choose(
    request: Request, _: WriteChoices, portal: PortalForPerson, form: Annotated[ChoicesForm, Form()]
) -> Response:
    """Keep both choices, or say which is missing."""
    if errors := form.errors():
        await count_unread(request)
        return ask(request, form, errors)
    try:
        await portal.choose(form.choices())
    except UpstreamProblem as problem:
        if not (errors := {one.field: str(TOMORROW) for one in problem.upstream.errors if one.code == "until_morning"}):
            raise
        await count_unread(request)
        return ask(request, form, errors)
    return RedirectResponse("/", status_code=303)


def ask(request: Request, form: ChoicesForm, errors: dict[str, str] | None = None) -> Response:
    """The page of the two choices; errors by field make it a 422."""
    summary = [{"href": f"#{field}", "text": text} for field, text in (errors or {}).items()]
    return page(
        request,
        "client/welcome/page.html",
        422 if errors else 200,
        form=form,
        chosen=bool(form.check_ins),
        a_day=A_DAY.items(),
        errors=errors or {},
        summary=summary,
    )
