"""One check-in: what it says and who opened it; changing it, and deleting it once that is confirmed."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import FieldError, Unavailable
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.client import fields, saving
from afterglow_web.client.forms import CheckInForm
from afterglow_web.home import KEPT
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import ReadCheckIns, WriteCheckIns
from afterglow_web.portal import Portal, PortalForPerson
from afterglow_web.records import CheckIn, Visibility
from afterglow_web.session import kept_forms
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site

ONE = "/check-ins/{check_in_id}"
CHANGE, DELETION = f"{ONE}/change", f"{ONE}/deletion"
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get(ONE)
async def one_check_in(
    request: Request, check_in_id: UUID, _: ReadCheckIns, portal: PortalForPerson, changed: bool = False
) -> Response:
    """What it says now, what it said before, and who opened which of it."""
    versions = await portal.versions(check_in_id)  # first and alone: one that is not there is one refusal, not two
    readings = await portal.readings(check_in_id)
    session = await session_of(request)
    return page(
        request,
        "client/check_in/page.html",
        entry=versions[-1],
        earlier=versions[-2::-1],
        readings=readings,
        zone=session.time_zone,
        changed=changed,
    )


@router.get(CHANGE)
async def edit_check_in(
    request: Request, check_in_id: UUID, _: WriteCheckIns, portal: PortalForPerson, kept: kept_forms.KeptId = None
) -> Response:
    """The form with what the check-in says, or as it was kept over a sign-in."""
    check_in = await portal.check_in(check_in_id)
    if kept and (typed := await kept_forms.recall(request, kept)):
        return await show(request, portal, check_in, CheckInForm.again(typed, kept=str(kept)), message=str(KEPT))
    return await show(request, portal, check_in, CheckInForm.of(check_in))


@router.post(CHANGE, dependencies=[Depends(kept_forms.keep_typed(CHANGE))])
async def change_check_in(
    request: Request, check_in_id: UUID, _: WriteCheckIns, portal: PortalForPerson, form: Annotated[CheckInForm, Form()]
) -> Response:
    """Save the change and show the check-in, or the form again with everything that was typed."""
    try:
        check_in = await portal.check_in(check_in_id)
        result = await saving.change(portal, form, check_in)
    except (UpstreamProblem, Unavailable) as problem:
        if isinstance(problem, UpstreamProblem) and problem.upstream_status in saving.NOT_ABOUT_THE_FORM:
            raise
        check_in, result = None, saving.not_reached(form)
    if not result.saved:
        await count_unread(request)
        return await show(
            request,
            portal,
            check_in or check_in_id,
            result.form,
            result.status,
            errors=result.errors,
            message=result.message,
        )
    if form.kept_id:
        await kept_forms.forget(request, form.kept_id)
    return RedirectResponse(f"/check-ins/{check_in_id}?changed=true", status_code=303)


@router.get(DELETION)
async def ask_before_deleting(
    request: Request, check_in_id: UUID, _: WriteCheckIns, portal: PortalForPerson
) -> Response:
    """Say what goes and what stays, before anything happens."""
    return await show_deletion(request, portal, check_in_id)


@router.post(DELETION)
async def delete_check_in(request: Request, check_in_id: UUID, _: WriteCheckIns, portal: PortalForPerson) -> Response:
    """Delete it; what was opened meanwhile stays, and the page says who opened it."""
    try:
        await portal.erase_check_in(check_in_id)
    except UpstreamProblem as problem:
        if problem.upstream.code != "already_opened":
            raise
        await count_unread(request)
        return await show_deletion(request, portal, check_in_id, HTTPStatus.CONFLICT)
    return RedirectResponse("/check-ins?deleted=true", status_code=303)


async def show_deletion(request: Request, portal: Portal, check_in_id: UUID, status: int = HTTPStatus.OK) -> Response:
    check_in = await portal.check_in(check_in_id)
    readings = await portal.readings(check_in_id)
    session = await session_of(request)
    return page(
        request,
        "client/check_in/deletion.html",
        status,
        entry=check_in,
        readings=readings,
        shared=check_in.visibility == Visibility.therapist,
        zone=session.time_zone,
    )


async def show(
    request: Request,
    portal: Portal,
    check_in: CheckIn | UUID,
    form: CheckInForm,
    status: int = HTTPStatus.OK,
    *,
    errors: Sequence[FieldError] = (),
    message: str | None = None,
) -> Response:
    """The form of a change; who may see it is asked only where that can still be changed.

    Only its id where portal did not say what the check-in is: what was typed shows all the same.
    """
    known = check_in if isinstance(check_in, CheckIn) else None
    check_in_id = check_in.id if isinstance(check_in, CheckIn) else check_in
    offered, opened = await asyncio.gather(portal.vocabulary(), was_opened(portal, check_in_id))
    session = await session_of(request)
    return page(
        request,
        "client/check_in/change.html",
        status,
        **fields.shown(form, offered, errors),
        entry=known,
        check_in_id=check_in_id,
        stays_shared=(known.visibility if known else form.visibility) == Visibility.therapist and opened,
        zone=session.time_zone,
        message=message,
    )


async def was_opened(portal: Portal, check_in_id: UUID) -> bool:
    """Whether somebody has; where portal does not say, the form offers the choice, and portal may refuse it."""
    try:
        return bool(await portal.readings(check_in_id))
    except UpstreamProblem as problem:
        if problem.upstream_status == HTTPStatus.UNAUTHORIZED:
            raise
    except Unavailable:
        pass
    return False
