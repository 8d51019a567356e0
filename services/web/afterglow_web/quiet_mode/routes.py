"""Quiet mode: its page, keeping a word, leaving it."""

from http import HTTPStatus
from uuid import UUID

from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.identifiers import new_id
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.course.desk import forget, id_of, shown
from afterglow_web.course.forms import typed
from afterglow_web.course.meeting import kept_outcome
from afterglow_web.course.sending import Outcome
from afterglow_web.journal.asking import JournalForPerson
from afterglow_web.pages import page
from afterglow_web.permissions import UseQuietMode
from afterglow_web.quiet_mode.asking import QuietForPerson
from afterglow_web.quiet_mode.records import QuietSession
from afterglow_web.quiet_mode.words import keep
from afterglow_web.session import kept_forms
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site

HERE = "/quiet"
GONE = {HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND}
router = APIRouter(dependencies=[Depends(refuse_cross_site)])


@router.get(HERE)
async def quiet_page(
    *,
    request: Request,
    _: UseQuietMode,
    quiet: QuietForPerson,
    kept: kept_forms.KeptId = None,
    said: kept_forms.KeptId = None,
) -> Response:
    """The page, with what was kept over a sign-in. Where it is over, the way leads on: to the word, or to Today."""
    values = await kept_forms.recall(request, kept) if kept else None
    now = await quiet.now()
    if values and kept:
        return await show(request, now, kept_outcome(values, kept))
    if now is None:
        return RedirectResponse(f"/journal/{said}?saved=only_me" if said else "/", HTTPStatus.SEE_OTHER)
    return await show(request, now, said=said)


@router.post(f"{HERE}/words", dependencies=[Depends(kept_forms.keep_typed(HERE, words="text"))])
async def keep_word(request: Request, _: UseQuietMode, quiet: QuietForPerson, journal: JournalForPerson) -> Response:
    """Keep it with its hour, an empty one as the hour alone, and come back; or go on to speak instead."""
    values = await typed(request)
    zone = (await session_of(request)).time_zone
    done = await keep(journal, id_of(values, "id"), values, zone)
    if isinstance(done, Outcome):
        return await show(request, await quiet.now(), done)
    await forget(request, values)
    return RedirectResponse(
        f"/journal/{done}/recording" if "speak" in values else f"{HERE}?said={done}", HTTPStatus.SEE_OTHER
    )


@router.post(f"{HERE}/leaving")
async def leave(request: Request, _: UseQuietMode, quiet: QuietForPerson) -> Response:
    """Leave it for this session; one that is over was left already."""
    try:
        await quiet.leave(id_of(await typed(request), "session_id"))
    except UpstreamProblem as problem:
        if problem.upstream_status not in GONE:
            raise
    return RedirectResponse("/", HTTPStatus.SEE_OTHER)


async def show(
    request: Request, now: QuietSession | None, outcome: Outcome | None = None, *, said: UUID | None = None
) -> Response:
    """The page; `now` is None where it is over and a word is still to be kept."""
    begun = {"id": str(new_id()), "follows": str(now.thread or "") if now else ""}
    outcome = outcome or Outcome(HTTPStatus.OK, begun)
    return page(
        request,
        "quiet_mode/page.html",
        outcome.status,
        **shown(outcome),
        quiet=now,
        said=said,
        zone=(await session_of(request)).time_zone,
    )
