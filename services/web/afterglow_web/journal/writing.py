"""Write and change an entry: the form, its saving, and the drafts that keep what is being typed."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from afterglow_design.languages import lazy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import FieldError, Unavailable
from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from afterglow_web.journal import saving
from afterglow_web.journal.asking import Journal, JournalForPerson
from afterglow_web.journal.forms import JournalForm, number
from afterglow_web.journal.records import Sharing
from afterglow_web.journal.wording import NEXT, PHASES, PROMPTS, error_words, kept_words, place_of
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import WriteJournal
from afterglow_web.portal import PortalForPerson
from afterglow_web.records import Visibility, wait_after_a_dose
from afterglow_web.session import kept_forms
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.session.named_person import refuse_another_person

KEPT = lazy("What you typed is still here and not saved yet.")
KEPT_APART = lazy(
    "This was being written somewhere else too, perhaps in another tab. Both are kept: these words are now a draft of"
    " their own, the others stay where they were."
)
OVERTAKEN = lazy(
    "This draft is from before the entry was saved from somewhere else. Saving puts it on top; the other words"
    " stay among the earlier versions."
)
SAVED_ALREADY = lazy("These words are saved.")
WRITE = "/journal/{entry_id}/write"
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])
TypedForm = Annotated[JournalForm, Form()]
keep_typed = kept_forms.keep_typed(WRITE, words="text")


@router.get(WRITE)
async def write(
    *,
    request: Request,
    entry_id: UUID,
    _: WriteJournal,
    journal: JournalForPerson,
    portal: PortalForPerson,
    phase: str = "",
    follows: str = "",
    kept: kept_forms.KeptId = None,
    apart: bool = False,
) -> Response:
    """The form with what was kept over a sign-in, or else the draft, or else the entry, or else nothing yet."""
    found, choices, sharing = await asyncio.gather(journal.being_written(entry_id), portal.choices(), journal.sharing())
    entry, draft = found.entry, found.draft
    standing = wait_after_a_dose(choices.journal or Visibility.only_me, sharing.shared_again_at)
    if kept and (fields := await kept_forms.recall(request, kept)):
        form, message = JournalForm.again(fields, kept=str(kept)), str(KEPT)
    elif draft:
        form = JournalForm.of_draft(draft, entry, standing=standing)
        said = [KEPT] if number(form.base_version) == draft.base_version else [OVERTAKEN]
        said += [saving.NARROWED] if draft.visibility not in {None, form.visibility} else []
        message = " ".join(map(str, said))
    else:
        begun = JournalForm.empty(visibility=standing, phase=phase, follows=follows)
        form, message = (JournalForm.of_entry(entry) if entry else begun), None
    return await show(request, sharing, entry_id, form, message=str(KEPT_APART) if apart else message)


@router.post("/journal/{entry_id}", dependencies=[Depends(keep_typed)])
async def save(
    request: Request, entry_id: UUID, _: WriteJournal, journal: JournalForPerson, form: TypedForm
) -> Response:
    """Save and go to the entry, or show the form again with everything that was typed."""
    session = await session_of(request)
    result = await saving.save(journal, entry_id, form, session.time_zone)
    if not result.saved:
        await count_unread(request)
        return await show(
            request,
            await sharing_if_known(journal),
            result.entry_id,
            result.form,
            status=result.status,
            errors=result.errors,
            message=result.message,
        )
    if form.kept_id:
        await kept_forms.forget(request, form.kept_id)
    return RedirectResponse(f"/journal/{entry_id}?saved={form.visibility}", status_code=303)


async def sharing_if_known(journal: Journal) -> Sharing | None:
    """Who would see it; None where portal does not say, since the form must show all the same."""
    try:
        return await journal.sharing()
    except UpstreamProblem as problem:
        if problem.upstream_status == HTTPStatus.UNAUTHORIZED:
            raise
    except Unavailable:
        pass
    return None


@router.post("/journal/{entry_id}/draft", dependencies=[Depends(keep_typed)])
async def keep(
    request: Request, entry_id: UUID, _: WriteJournal, journal: JournalForPerson, form: TypedForm
) -> Response:
    """Keep what was typed without saving it, and lead to the drafts."""
    try:
        kept = await saving.keep_draft(journal, entry_id, form)
    except (UpstreamProblem, Unavailable) as problem:
        return await not_kept(request, journal, entry_id, form, problem)
    if form.kept_id:
        await kept_forms.forget(request, form.kept_id)
    address = f"/journal/{entry_id}" if kept.as_entry else "/journal?draft=kept"
    if kept.apart:
        address = f"/journal/{kept.saved.entry_id}/write?apart=true"
    if form.then == "recording":
        address = f"/journal/{kept.saved.entry_id}/recording"
    return RedirectResponse(address, status_code=303)


async def not_kept(
    request: Request, journal: Journal, entry_id: UUID, form: JournalForm, problem: Exception
) -> Response:
    """The form again, with what is wrong with it or that portal did not take it."""
    errors: list[FieldError] = []
    message: str | None = str(saving.NOT_REACHED)
    status = 503
    if isinstance(problem, UpstreamProblem):
        if problem.upstream_status in {401, 403}:
            raise problem
        if problem.upstream_status in {413, 422}:
            status, message = 422, None
            errors = problem.upstream.errors or [FieldError(field="text", code="too_long", message="is too long")]
        elif problem.upstream.code == "too_many_drafts":
            status, message = 409, str(saving.FULL)
    await count_unread(request)
    return await show(
        request, await sharing_if_known(journal), entry_id, form, status=status, errors=errors, message=message
    )


class Autosaved(BaseModel):
    """For the page: under which id and revision to go on, and what to say."""

    id: UUID
    revision: int
    apart: bool
    said: str


@router.put("/journal/{entry_id}/draft", dependencies=[Depends(refuse_another_person)])
async def autosave(
    request: Request, entry_id: UUID, _: WriteJournal, journal: JournalForPerson, form: JournalForm
) -> Response:
    """The same while typing, for the page's own module."""
    session = await session_of(request)
    kept = await saving.keep_draft(journal, entry_id, form)
    said = kept_words(kept.saved.saved_at, session.time_zone)
    if kept.apart or kept.as_entry:
        said = str(KEPT_APART if kept.apart else SAVED_ALREADY)
    answer = Autosaved(id=kept.saved.entry_id, revision=kept.saved.revision, apart=kept.apart, said=said)
    return JSONResponse(answer.model_dump(mode="json"), headers={"Cache-Control": "no-store"})


@router.post("/journal/{entry_id}/draft/removal")
async def discard(
    entry_id: UUID, _: WriteJournal, journal: JournalForPerson, revision: Annotated[str, Form()] = ""
) -> Response:
    """Discard the draft as the page knows it: what was kept since, from another tab, is not what somebody discards."""
    try:
        await journal.discard_draft(entry_id, number(revision))
    except UpstreamProblem as problem:
        if problem.upstream.code != "draft_changed":
            raise
        return RedirectResponse("/journal?draft=newer", status_code=303)
    return RedirectResponse("/journal?draft=discarded", status_code=303)


async def show(
    request: Request,
    sharing: Sharing | None,
    entry_id: UUID,
    form: JournalForm,
    *,
    status: int = 200,
    errors: Sequence[FieldError] = (),
    message: str | None = None,
) -> HTMLResponse:
    """Render the form with everything that was typed; `errors` name fields, `message` is one calm sentence on top."""
    session = await session_of(request)
    return page(
        request,
        "journal/write/page.html",
        status,
        entry_id=entry_id,
        form=form,
        sharing=sharing,
        phases=[{"value": phase, "label": str(label)} for phase, label in PHASES.items()],
        prompts=[(PHASES[phase], prompts) for phase, prompts in PROMPTS.items() if form.phase in {"", phase}],
        next_phase=NEXT,
        now=datetime.now(UTC),
        zone=session.time_zone,
        message=message,
        summary=[{"href": place_of(one), "text": error_words(one)} for one in errors],
        field_errors={one.field: error_words(one) for one in errors},
    )
