"""The form of a process note: a new one, and the same form to change one."""

from http import HTTPStatus
from uuid import UUID

from afterglow_design.languages import lazy
from afterglow_foundation.errors import FieldError
from afterglow_foundation.identifiers import new_id
from fastapi import APIRouter, Depends
from starlette.responses import RedirectResponse, Response

from afterglow_web.course.desk import forget, id_of, name_of, shown
from afterglow_web.course.forms import Values, text, typed
from afterglow_web.course.meeting import kept_outcome
from afterglow_web.course.sending import Outcome, send
from afterglow_web.journal.forms import number
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import WriteProcessNotes
from afterglow_web.process_notes.asking import NotesAbout, ProcessNotes
from afterglow_web.process_notes.pages import LIST, ONE
from afterglow_web.session import kept_forms
from afterglow_web.session.csrf import refuse_cross_site

WORDS = lazy("Write something, in at most 10,000 characters")
NEW, CHANGE = f"{LIST}/new", f"{ONE}/change"
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get(NEW)
async def ask_note(_: WriteProcessNotes, notes: NotesAbout, kept: kept_forms.KeptId = None) -> Response:
    """The form with what was kept over a sign-in, or else nothing yet."""
    await notes.portal.client(notes.client_id)
    if kept and (values := await kept_forms.recall(notes.request, kept)):
        return await show(notes, kept_outcome(values, kept))
    return await show(notes, Outcome(HTTPStatus.OK, {"id": str(new_id())}))


@router.post(NEW, dependencies=[Depends(kept_forms.keep_typed(NEW, words="text"))])
async def save_note(_: WriteProcessNotes, notes: NotesAbout) -> Response:
    """Save it once, or show the form again with everything that was typed."""
    values = await typed(notes.request)
    note_id = id_of(values, "id")
    outcome = await send(lambda: notes.write(note_id, {"text": text(values, "text")}), values, wrong)
    return await answer(notes, note_id, values, outcome)


@router.get(CHANGE)
async def ask_change(
    note_id: UUID, _: WriteProcessNotes, notes: NotesAbout, kept: kept_forms.KeptId = None
) -> Response:
    """The form with what was kept over a sign-in, or else what the note says."""
    await notes.portal.client(notes.client_id)
    if kept and (values := await kept_forms.recall(notes.request, kept)):
        return await show(notes, kept_outcome(values, kept), note_id)
    note = await notes.one(note_id)
    values = {"version_id": str(new_id()), "base_version": str(note.version), "text": note.text}
    return await show(notes, Outcome(HTTPStatus.OK, values), note_id)


@router.post(CHANGE, dependencies=[Depends(kept_forms.keep_typed(CHANGE, words="text"))])
async def save_change(note_id: UUID, _: WriteProcessNotes, notes: NotesAbout) -> Response:
    """Change it, or show the form again with everything that was typed."""
    values = await typed(notes.request)
    version_id, base = id_of(values, "version_id"), number(values.get("base_version", ""))
    body = {"text": text(values, "text"), "version_id": str(version_id), "base_version": base}
    outcome = await send(lambda: notes.edit(note_id, body), values, wrong)
    if outcome and outcome.code == "note_changed":
        newest = await notes.one(note_id)
        outcome.values.update(base_version=str(newest.version), version_id=str(new_id()))
    return await answer(notes, note_id, values, outcome, changes=note_id)


def wrong(_errors: list[FieldError], _values: Values) -> dict[str, str]:
    """There is one field."""
    return {"text": str(WORDS)}


async def answer(
    notes: ProcessNotes, note_id: UUID, values: Values, outcome: Outcome | None, changes: UUID | None = None
) -> Response:
    if outcome is None:
        await forget(notes.request, values)
        return RedirectResponse(f"/clients/{notes.client_id}/process-notes/{note_id}?done=saved", status_code=303)
    await count_unread(notes.request)
    return await show(notes, outcome, changes)


async def show(notes: ProcessNotes, outcome: Outcome, changes: UUID | None = None) -> Response:
    here = f"/clients/{notes.client_id}/process-notes"
    return page(
        notes.request,
        "process_notes/form.html",
        outcome.status,
        **shown(outcome),
        client_name=await name_of(notes.portal, notes.client_id),
        back=f"{here}/{changes}" if changes else here,
        address=f"{here}/{changes}/change" if changes else f"{here}/new",
        changes=changes,
    )
