"""A therapist's notes about a client: the list, one of them, what it said before, erasing it."""

from typing import Any
from uuid import UUID

from afterglow_design.languages import lazy
from fastapi import APIRouter, Depends
from starlette.responses import RedirectResponse, Response

from afterglow_web.messages.unread import with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import ReadProcessNotes, WriteProcessNotes
from afterglow_web.process_notes.asking import NotesAbout, ProcessNotes
from afterglow_web.sealed_notes.asking import SealedForPerson
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site

LIST = "/clients/{client_id}/process-notes"
ONE = f"{LIST}/{{note_id}}"
DONE = {
    "saved": lazy("The note is saved. You alone read it."),
    "asked": lazy("It is asked. An admin decides; it stands here once they have."),
    "erased": lazy("The note is erased, with everything it said before."),
}
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get(LIST)
async def list_notes(
    _: ReadProcessNotes, notes: NotesAbout, sealed: SealedForPerson, after: str | None = None, done: str = ""
) -> Response:
    """One's own, newest first; for whoever stands in, why there are none."""
    record = await notes.portal.client(notes.client_id)  # first and alone: a client of somebody else is one refusal
    found = await notes.page(after)
    books = await sealed.books(notes.client_id) if found and found.may_write else []
    shown = {"record": record, "found": found, "earlier": after is not None, "books": books}
    return await show(notes, "list", **shown, done=str(DONE.get(done, "")))


@router.get(ONE)
async def read_note(note_id: UUID, _: ReadProcessNotes, notes: NotesAbout, done: str = "") -> Response:
    record = await notes.portal.client(notes.client_id)
    return await show(notes, "note", record=record, note=await notes.one(note_id), done=str(DONE.get(done, "")))


@router.get(f"{ONE}/versions")
async def read_versions(note_id: UUID, _: ReadProcessNotes, notes: NotesAbout) -> Response:
    """Newest first."""
    record = await notes.portal.client(notes.client_id)
    versions = (await notes.versions(note_id))[::-1]
    return await show(notes, "versions", record=record, note_id=note_id, versions=versions)


@router.get(f"{ONE}/erasure")
async def ask_erasure(note_id: UUID, _: WriteProcessNotes, notes: NotesAbout) -> Response:
    """Say what erasing means, and ask."""
    record = await notes.portal.client(notes.client_id)
    return await show(notes, "erasure", record=record, note=await notes.one(note_id))


@router.post(f"{ONE}/erasure")
async def erase_note(note_id: UUID, _: WriteProcessNotes, notes: NotesAbout) -> Response:
    await notes.erase(note_id)
    return RedirectResponse(f"/clients/{notes.client_id}/process-notes?done=erased", status_code=303)


async def show(notes: ProcessNotes, name: str, **context: Any) -> Response:  # noqa: ANN401  # a template takes values of any type
    """A page on the therapist's own clock."""
    own = await session_of(notes.request)
    shown = {"client_id": notes.client_id, "zone": own.time_zone, **context}
    return page(notes.request, f"process_notes/{name}.html", **shown)
