"""Read the journal: the list, one entry, its versions, erasing it, searching; and a therapist opens a shared one."""

import asyncio
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from afterglow_design.languages import lazy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.identifiers import new_id
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.journal.asking import JournalForPerson
from afterglow_web.journal.reading import NOTHING_TYPED, show_entry
from afterglow_web.journal.records import EntryDetail
from afterglow_web.journal.wording import PHASES, PINNED, SAVED
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import is_fragment, page
from afterglow_web.permissions import ReadClients, WriteJournal
from afterglow_web.portal import PortalForPerson
from afterglow_web.records import Visibility
from afterglow_web.session import kept_forms
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.typed import Typed
from afterglow_web.voice_notes.asking import PLAYING, VoiceForPerson

DONE = {
    "kept": lazy("Kept as a draft. It is below, and only you can see it."),
    "discarded": lazy("The draft is gone."),
    "newer": lazy("The draft is still here: it was changed since you opened it, perhaps in another tab."),
    "later": lazy("After a dose nothing more is shared until the next morning. You can say so then."),
    "erased": lazy("Erased, with its earlier versions. Nobody can bring it back."),
}
NOT_A_QUESTION = lazy("Write one word or a few, at most 100 characters")
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get("/journal")
async def entries(
    request: Request, _: WriteJournal, journal: JournalForPerson, after: str | None = None, draft: str = ""
) -> Response:
    """Drafts and entries, newest first; for htmx only the further entries."""
    if is_fragment(request):
        return page(request, "journal/list/_entries.html", entries=await journal.entries(after=after))
    found, drafts, sharing = await asyncio.gather(journal.entries(after=after), journal.drafts(), journal.sharing())
    session = await session_of(request)
    return page(
        request,
        "journal/list/page.html",
        entries=found,
        drafts=drafts,
        sharing=sharing,
        said=str(DONE[draft]) if draft in DONE else None,
        earlier=after is not None,
        zone=session.time_zone,
    )


@router.post("/journal/search")
async def search(
    request: Request, _: WriteJournal, journal: JournalForPerson, q: Annotated[Typed, Form()] = ""
) -> Response:
    """Look for words in one's own entries. Posted, so that they stand in no address and no browser's history."""
    await count_unread(request)
    try:
        found = await journal.search(q.strip())
    except UpstreamProblem as problem:
        if problem.upstream_status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise
        summary = [{"href": "#q", "text": str(NOT_A_QUESTION)}]
        return page(request, "journal/search/page.html", 422, q=q, found=None, summary=summary)
    return page(request, "journal/search/page.html", q=q, found=found, summary=[])


@router.get("/journal/new")
async def begin(_: WriteJournal, phase: str = "", follows: str = "") -> Response:
    """An entry gets its address before its first word, so that going back and forth leads to its draft again."""
    query = f"?phase={phase}" if phase in set(PHASES) else ""
    if kept_forms.known_id(follows):
        query += ("&" if query else "?") + f"follows={kept_forms.known_id(follows)}"
    return RedirectResponse(f"/journal/{new_id()}/write{query}", status_code=303)


@router.get("/journal/{entry_id}")
async def entry(
    *,
    request: Request,
    entry_id: UUID,
    _: WriteJournal,
    journal: JournalForPerson,
    saved: str = "",
    pinned: str = "",
    kept: kept_forms.KeptId = None,
) -> Response:
    """One entry, who may see it, and who has."""
    said = str(SAVED[Visibility(saved)]) if saved in set(Visibility) else None
    typed = await kept_forms.recall(request, kept) if kept else None
    return await show_entry(
        request, journal, entry_id, saved=str(PINNED) if pinned else said, typed=typed or NOTHING_TYPED
    )


@router.get("/journal/{entry_id}/versions")
async def versions(request: Request, entry_id: UUID, _: WriteJournal, journal: JournalForPerson) -> Response:
    """Every version, newest first."""
    found = await journal.versions(entry_id)
    return page(request, "journal/versions/page.html", entry_id=entry_id, versions=found.items[::-1])


@router.get("/journal/{entry_id}/erasure")
async def ask_erasure(request: Request, entry_id: UUID, _: WriteJournal, journal: JournalForPerson) -> Response:
    """Say what erasing means before it is done."""
    return show_erasure(request, await journal.entry(entry_id))


@router.post("/journal/{entry_id}/erasure")
async def erase(request: Request, entry_id: UUID, _: WriteJournal, journal: JournalForPerson) -> Response:
    """Erase it; what was read meanwhile stays, and the page says who read it."""
    try:
        await journal.erase(entry_id)
    except UpstreamProblem as problem:
        if problem.upstream.code != "already_read":
            raise
        await count_unread(request)
        return show_erasure(request, await journal.entry(entry_id), HTTPStatus.CONFLICT)
    return RedirectResponse("/journal?draft=erased", status_code=303)


def show_erasure(request: Request, found: EntryDetail, status: int = HTTPStatus.OK) -> Response:
    return page(request, "journal/erasure/page.html", status, entry=found)


@router.get("/clients/{client_id}/journal")
async def clients_entries(
    request: Request,
    client_id: UUID,
    _: ReadClients,
    journal: JournalForPerson,
    portal: PortalForPerson,
    after: str | None = None,
) -> Response:
    """What a client shares of their journal, as a plain list: opening one is recorded, the list shows no words."""
    if is_fragment(request):
        found = await journal.entries(client=client_id, after=after)
        return page(request, "therapist/journal/_entries.html", entries=found, client_id=client_id)
    record = await portal.client(client_id)  # first and alone, as on the client's page
    found = await journal.entries(client=client_id, after=after)
    return page(
        request, "therapist/journal/page.html", record=record, entries=found, client_id=client_id, earlier=bool(after)
    )


@router.get("/clients/{client_id}/journal/{entry_id}")
async def clients_entry(
    *,
    request: Request,
    client_id: UUID,
    entry_id: UUID,
    _: ReadClients,
    journal: JournalForPerson,
    portal: PortalForPerson,
    voice: VoiceForPerson,
) -> Response:
    """A shared entry, opened: portal notes it, and the client sees by whom and when."""
    record = await portal.client(client_id)
    found = await journal.entry(entry_id, client=client_id)
    return page(
        request,
        "therapist/journal/entry.html",
        policy=PLAYING,
        record=record,
        entry=found,
        client_id=client_id,
        notes=await voice.of(entry_id, client=client_id),
    )
