"""Voice notes: a page to record one or choose a file, its upload in parts, playing it, erasing it."""

import asyncio
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated
from uuid import UUID

from afterglow_design.languages import LazyString, _
from afterglow_design.security_headers import PAGE_HEADERS, PAGE_POLICY, ContentSecurityPolicy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import NotFound, Unavailable
from afterglow_foundation.identifiers import new_id
from fastapi import APIRouter, Depends, Header, UploadFile
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from afterglow_web.journal.asking import Journal, JournalForPerson
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import ReadClients, WriteJournal
from afterglow_web.records import Visibility
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.session.named_person import refuse_another_person
from afterglow_web.typed import Typed
from afterglow_web.voice_notes.asking import PART, Voice, VoiceForPerson
from afterglow_web.voice_notes.wording import (
    HEARD_BY,
    LATER,
    NO_RECORDING,
    NOT_REACHED,
    NOTHING,
    REFUSALS,
    TOO_LARGE,
    TOO_LARGE_FOR_A_FORM,
    TOO_MANY,
)

RECORDING: ContentSecurityPolicy = MappingProxyType({**PAGE_POLICY, "media-src": ("'self'", "blob:")})
MICROPHONE = {"Permissions-Policy": PAGE_HEADERS["Permissions-Policy"].replace("microphone=()", "microphone=(self)")}
LARGEST_FORM = 900_000  # bytes: a form with it fits into what one request may carry; the page's module sends in parts
router = APIRouter(dependencies=[Depends(refuse_cross_site)])


@router.get("/journal/{entry_id}/recording", dependencies=[Depends(with_unread)])
async def recording(
    request: Request, entry_id: UUID, _: WriteJournal, journal: JournalForPerson, voice: VoiceForPerson
) -> Response:
    """Record a voice note for an entry or a draft, or choose a file."""
    return await show(request, journal, voice, entry_id)


@router.post("/journal/{entry_id}/recording")
async def add_file(
    *,
    request: Request,
    entry_id: UUID,
    _: WriteJournal,
    journal: JournalForPerson,
    voice: VoiceForPerson,
    file: UploadFile | None = None,
) -> Response:
    """Take a file from the plain form, or say what is wrong with it."""
    content = await file.read(LARGEST_FORM + 1) if file else b""
    error = NOTHING if not content else TOO_LARGE_FOR_A_FORM if len(content) > LARGEST_FORM else None
    if error is None and file:
        try:
            await voice.send(entry_id, new_id(), content, file.content_type or "")
        except UpstreamProblem as problem:
            error = refusal_words(problem)
        except Unavailable:
            error = NOT_REACHED
    if error:
        await count_unread(request)
        return await show(request, journal, voice, entry_id, error)
    return RedirectResponse(f"/journal/{entry_id}/recording?kept=true", status_code=303)


def refusal_words(problem: UpstreamProblem) -> LazyString:
    """What a refusal says of the file. Raises `problem` where it is not about it."""
    if problem.upstream.code == "too_many_voice_notes":
        return TOO_MANY
    if problem.upstream.code == "until_morning":
        return LATER
    large = any(error.code in {"too_large", "too_long"} for error in problem.upstream.errors)
    match problem.upstream_status:
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return TOO_LARGE
        case HTTPStatus.UNPROCESSABLE_ENTITY | HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
            return TOO_LARGE if large else NO_RECORDING
        case HTTPStatus.TOO_MANY_REQUESTS | 500 | 502 | 503 | 504:
            return NOT_REACHED
        case _:
            raise problem


def status_for(error: LazyString | None) -> HTTPStatus:
    if error is None:
        return HTTPStatus.OK
    return HTTPStatus.SERVICE_UNAVAILABLE if error is NOT_REACHED else HTTPStatus.UNPROCESSABLE_ENTITY


async def heard_by(journal: Journal, visibility: Visibility | None) -> str:
    """Who will hear it; whoever stands in is named."""
    covering = (await journal.sharing()).standing_in if visibility == Visibility.therapist else []
    if not covering:
        return str(HEARD_BY[visibility])
    return _(
        "Whoever the entry is shared with can hear it as soon as you keep it, and %(cover)s while standing in.",
        cover=", ".join(person.name for person in covering),
    )


async def show(
    request: Request, journal: Journal, voice: Voice, entry_id: UUID, error: LazyString | None = None
) -> Response:
    found, notes = await asyncio.gather(journal.being_written(entry_id), voice.of(entry_id))
    if found.entry is None and found.draft is None:
        raise NotFound
    saved = found.entry is not None and found.draft is None
    session = await session_of(request)
    return page(
        request,
        "journal/recording/page.html",
        status_for(error),
        policy=RECORDING,
        headers=MICROPHONE,
        entry_id=entry_id,
        zone=session.time_zone,
        part=PART,
        notes=notes,
        back=f"/journal/{entry_id}" if saved else f"/journal/{entry_id}/write",
        saved=saved,
        heard_by=await heard_by(journal, found.entry.visibility if found.entry else None),
        kept="kept" in request.query_params,
        error=error,
        refusals=REFUSALS,
    )


class Declared(BaseModel, extra="forbid"):
    """What the page's module is about to send."""

    size: int
    media_type: Typed
    seconds: int | None = None


NOTE = "/journal/{entry_id}/voice-notes/{note_id}"


@router.put(NOTE, dependencies=[Depends(refuse_another_person)])
async def declare(entry_id: UUID, note_id: UUID, body: Declared, _: WriteJournal, voice: VoiceForPerson) -> Response:
    """Begin an upload, or hear how far it is."""
    note = await voice.declare(entry_id, note_id, body.model_dump())
    return JSONResponse({"received": note.received}, headers={"Cache-Control": "no-store"})


@router.patch(NOTE, dependencies=[Depends(refuse_another_person)])
async def add_part(
    *,
    request: Request,
    entry_id: UUID,
    note_id: UUID,
    _: WriteJournal,
    voice: VoiceForPerson,
    upload_offset: Annotated[int, Header(ge=0)],
) -> Response:
    """The next part; whoever is at another place is told the right one."""
    try:
        received = await voice.add_part(entry_id, note_id, upload_offset, await request.body())
    except UpstreamProblem as problem:
        if problem.upstream.code != "wrong_offset":
            raise
        return Response(status_code=HTTPStatus.CONFLICT, headers={"Cache-Control": "no-store", **problem.headers})
    return Response(status_code=204, headers={"Cache-Control": "no-store", "Upload-Offset": str(received)})


@router.get(NOTE)
async def play(request: Request, entry_id: UUID, note_id: UUID, _: WriteJournal, voice: VoiceForPerson) -> Response:
    """One's own recording, for the page's player."""
    return await voice.play(request, entry_id, note_id)


@router.get("/clients/{client_id}/journal/{entry_id}/voice-notes/{note_id}")
async def play_clients(
    *, request: Request, client_id: UUID, entry_id: UUID, note_id: UUID, _: ReadClients, voice: VoiceForPerson
) -> Response:
    """A shared one: portal notes the playing, and the client sees by whom and when."""
    return await voice.play(request, entry_id, note_id, client=client_id)


@router.post(f"{NOTE}/removal")
async def erase(entry_id: UUID, note_id: UUID, _: WriteJournal, voice: VoiceForPerson) -> Response:
    """Erase it; what was played meanwhile stays, and the page says who played it."""
    try:
        await voice.erase(entry_id, note_id)
    except UpstreamProblem as problem:
        if problem.upstream.code != "already_played":
            raise
    return RedirectResponse(f"/journal/{entry_id}/recording", status_code=303)
