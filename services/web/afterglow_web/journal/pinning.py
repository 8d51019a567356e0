"""Pin a line of an entry for the next session, take it back until it was read; and a therapist reads what is pinned."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from afterglow_design.languages import LazyString, lazy
from afterglow_foundation.client import UpstreamProblem
from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.journal.asking import Journal, JournalForPerson
from afterglow_web.journal.reading import show_entry
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import ReadClients, WriteJournal
from afterglow_web.portal import PortalForPerson
from afterglow_web.session import kept_forms
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.typed import Typed

REFUSALS: dict[str, LazyString] = {
    "already_read": lazy("This was read meanwhile, so it cannot be taken back. By whom and when stands beside it."),
    "not_read": lazy("Nobody has read this yet: you can still take it back."),
    "nobody_treats": lazy("Nobody treats you here right now, so nobody would see it. Nothing was pinned."),
    "too_many_lines": lazy("Twenty lines are pinned already. Take one of them off first."),
    "until_morning": lazy("After a dose nothing new is shared until the next morning. Pin it then."),
    "conflict": lazy("This page was used to pin another line before, and that one stays. Choose once more."),
}
DONE: dict[str, LazyString] = {
    "unpinned": lazy("Taken back. Nobody has read it, and nothing of it stays on the list."),
    "settled": lazy("Off the list. That it was read stays in your record."),
}
NOT_A_LINE = lazy("Choose a line, or copy words as they stand in the entry, at most 500 characters")
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])
keep_typed = kept_forms.keep_typed("/journal/{entry_id}", words="words")


class PinForm(BaseModel):
    """A line that was chosen, or words of one's own choice, which go first; the id makes pinning twice safe."""

    id: str = ""
    line: Typed = ""
    words: Typed = ""

    @property
    def said(self) -> str:
        return self.words.strip() or self.line.strip()


@router.post("/journal/{entry_id}/lines", dependencies=[Depends(keep_typed)])
async def pin(
    request: Request, entry_id: UUID, _: WriteJournal, journal: JournalForPerson, form: Annotated[PinForm, Form()]
) -> Response:
    """Pin it and say so, or show the entry again with what was chosen."""
    line_id = kept_forms.known_id(form.id)
    typed = form.model_dump()
    if line_id is None or not form.said:
        return await again(request, journal, entry_id, typed)
    try:
        await journal.pin(line_id, entry_id, form.said)
    except UpstreamProblem as problem:
        code = problem.upstream.code
        if problem.upstream_status == HTTPStatus.UNPROCESSABLE_ENTITY:
            return await again(request, journal, entry_id, typed)
        if problem.upstream_status == HTTPStatus.CONFLICT and code in REFUSALS:
            kept = typed | ({"id": ""} if code == "conflict" else {})
            return await again(request, journal, entry_id, kept, str(REFUSALS[code]))
        raise
    return RedirectResponse(f"/journal/{entry_id}?pinned=yes", status_code=303)


async def again(
    request: Request, journal: Journal, entry_id: UUID, typed: dict[str, str], conflict: str | None = None
) -> Response:
    """The entry with the form as it was sent: with a sentence on top, or a line is what is wrong with it."""
    await count_unread(request)
    status = HTTPStatus.CONFLICT if conflict else HTTPStatus.UNPROCESSABLE_ENTITY
    error = None if conflict else str(NOT_A_LINE)
    return await show_entry(request, journal, entry_id, status=status, typed=typed, message=conflict, error=error)


@router.get("/agenda")
async def agenda(request: Request, _: WriteJournal, journal: JournalForPerson, done: str = "") -> Response:
    """What is pinned, who sees it, and who has read it."""
    return await show_agenda(request, journal, said=str(DONE[done]) if done in DONE else None)


@router.post("/agenda/{line_id}/removal")
async def unpin(request: Request, line_id: UUID, _: WriteJournal, journal: JournalForPerson) -> Response:
    """Take a line back; what was read meanwhile stays, and the page says who read it."""
    try:
        await journal.unpin(line_id)
    except UpstreamProblem as problem:
        return await refused(request, journal, problem)
    return RedirectResponse("/agenda?done=unpinned", status_code=303)


@router.post("/agenda/{line_id}/settled")
async def settle(request: Request, line_id: UUID, _: WriteJournal, journal: JournalForPerson) -> Response:
    """Take a line that was read off the list."""
    try:
        await journal.settle(line_id)
    except UpstreamProblem as problem:
        return await refused(request, journal, problem)
    return RedirectResponse("/agenda?done=settled", status_code=303)


async def refused(request: Request, journal: Journal, problem: UpstreamProblem) -> Response:
    if problem.upstream_status != HTTPStatus.CONFLICT or problem.upstream.code not in REFUSALS:
        raise problem
    await count_unread(request)
    return await show_agenda(request, journal, HTTPStatus.CONFLICT, refusal=str(REFUSALS[problem.upstream.code]))


async def show_agenda(
    request: Request,
    journal: Journal,
    status: int = HTTPStatus.OK,
    *,
    said: str | None = None,
    refusal: str | None = None,
) -> Response:
    session = await session_of(request)
    found = await journal.agenda()
    return page(
        request,
        "journal/agenda/page.html",
        status,
        lines=found.items,
        said=said,
        refusal=refusal,
        zone=session.time_zone,
    )


@router.get("/clients/{client_id}/agenda")
async def clients_agenda(
    request: Request, client_id: UUID, _: ReadClients, journal: JournalForPerson, portal: PortalForPerson
) -> Response:
    """What a client pinned, opened: portal notes it, and the client sees by whom and when."""
    record = await portal.client(client_id)
    session = await session_of(request)
    found = await journal.agenda(client=client_id)
    return page(
        request,
        "therapist/agenda/page.html",
        record=record,
        lines=found.items,
        client_id=client_id,
        zone=session.time_zone,
    )
