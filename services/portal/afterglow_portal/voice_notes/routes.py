"""Voice notes over HTTP: declare one, send it in parts (tus 1.0's core protocol), play it, erase it."""

from typing import Annotated, Any
from uuid import UUID

from afterglow_foundation.audio_kinds import AudioKind
from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import SingleStatement
from afterglow_foundation.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    PayloadTooLarge,
    Refusal,
    Unavailable,
    UnsupportedMediaType,
    responses,
)
from afterglow_foundation.permissions import require
from afterglow_foundation.uploads import LARGEST_PART, OFFSET, PART, OtherProtocolVersion, part_sent, progress, spoken
from fastapi import Depends, Header, Query
from pydantic import UUID7
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from afterglow_portal.api import room
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.journal.schemas import LARGEST_COUNT
from afterglow_portal.people.policy import LiveSession, whose_record
from afterglow_portal.permissions import Permission
from afterglow_portal.sealing import Keys, find_key
from afterglow_portal.settings import Settings
from afterglow_portal.voice_notes import erasing, listening, uploading
from afterglow_portal.voice_notes.listening import RangeNotSatisfiable
from afterglow_portal.voice_notes.schemas import VoiceNoteBody, VoiceNoteOut, VoiceNotes
from afterglow_portal.voice_notes.uploading import Target

NOTE = "/{entry_id}/voice-notes/{note_id}"
router = room("/journal", "voice notes", largest=LARGEST_PART)
READING = responses(NotAuthenticated, Forbidden, NotFound, InvalidInput, Unavailable)
WRITING = READING | responses(BadRequest, Conflict, PayloadTooLarge, UnsupportedMediaType)
AGAIN: dict[int | str, dict[str, Any]] = {200: {"model": VoiceNoteOut, "description": "Declared before, and how far"}}
SOUND = {"content": {str(kind): {"schema": {"type": "string", "format": "binary"}} for kind in AudioKind}}
PLAYED: dict[int | str, dict[str, Any]] = {200: SOUND, 206: SOUND | {"description": "The part asked for"}}


async def settings_of(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


ReadJournal = Annotated[Caller, require(Permission.journal_read)]
WriteJournal = Annotated[Caller, require(Permission.journal_write)]
Client = Annotated[UUID | None, Query(description="whose, for a therapist")]


async def keep(
    request: Request, session: AsyncSession, caller: Caller, action: AuditAction, *, about: UUID, owner: UUID
) -> None:
    await trail_of(request).record(session, caller, action, object_id=about, subject_id=owner)


@router.get("/{entry_id}/voice-notes", responses=READING)
async def list_notes(
    *, entry_id: UUID, caller: ReadJournal, session: LiveSession, request: Request, client: Client = None
) -> VoiceNotes:
    """Which voice notes an entry has, or a draft of one's own; what is in them is another request."""
    owner = await whose_record(session, caller, client, AuditAction.voice_notes_read, entry_id)
    found = await listening.find_all(session, caller, owner, entry_id)
    if found is None:
        raise NotFound(refusal=Refusal(AuditAction.voice_notes_read, entry_id, owner))
    if caller.role == Role.therapist:
        await keep(request, session, caller, AuditAction.voice_notes_read, about=entry_id, owner=owner)
    return found


@router.put(NOTE, status_code=201, response_model=VoiceNoteOut, responses={**WRITING, **AGAIN})
async def declare_note(
    *,
    entry_id: UUID,
    note_id: UUID7,
    body: VoiceNoteBody,
    caller: WriteJournal,
    session: LiveSession,
    settings: Annotated[Settings, Depends(settings_of)],
) -> Response:
    """Say what will be sent, under an id the client made: 201 once, 200 with how far it is when it is said again."""
    target = Target(entry_id, note_id)
    note, created = await uploading.declare(session, settings, caller, target, body)
    said = listening.shown(note, [])
    return Response(said.model_dump_json(), 201 if created else 200, media_type="application/json")


@router.head(
    f"{NOTE}/content",
    response_class=Response,  # without a content, and so without a type of one
    dependencies=[Depends(spoken)],
    responses={**READING, **responses(OtherProtocolVersion), 200: OFFSET},
)
async def tell_progress(entry_id: UUID, note_id: UUID, caller: WriteJournal, session: LiveSession) -> Response:
    """How many bytes are stored (`Upload-Offset`), of how many (`Upload-Length`)."""
    note = await uploading.own(session, caller, Target(entry_id, note_id))
    return Response(headers={**progress(note.received), "Upload-Length": str(note.size)})


@router.patch(
    f"{NOTE}/content",
    status_code=204,
    dependencies=[Depends(spoken)],
    responses={**WRITING, **responses(OtherProtocolVersion), 204: OFFSET | {"description": "Stored"}},
    openapi_extra=PART,
)
async def add_part(
    *,
    entry_id: UUID,
    note_id: UUID,
    caller: WriteJournal,
    session: LiveSession,
    keys: Keys,
    upload_offset: Annotated[int, Header(ge=0, le=LARGEST_COUNT)],
    content: Annotated[bytes, Depends(part_sent)],
    request: Request,
) -> Response:
    """Store the part that begins at `Upload-Offset`. 409 says in the same header where the upload really is.

    All parts but the last have 32 to 512 KiB. With the last one the note belongs to its entry, for whoever sees that.
    """
    target = Target(entry_id, note_id)
    key = await find_key(keys, session, caller.person) or await keys.find_or_make(session, caller.person)
    note = await uploading.append(session, key, caller, target, offset=upload_offset, content=content)
    if note.finished_at:
        await keep(request, session, caller, AuditAction.voice_note_added, about=note_id, owner=caller.person)
    return Response(status_code=204, headers=progress(note.received))


@router.get(
    f"{NOTE}/content",
    response_class=StreamingResponse,
    responses={**READING, **responses(RangeNotSatisfiable), **PLAYED},
)
async def play(
    *,
    entry_id: UUID,
    note_id: UUID,
    caller: ReadJournal,
    session: LiveSession,
    database: SingleStatement,
    keys: Keys,
    request: Request,
    client: Client = None,
    wanted: Annotated[str | None, Header(alias="Range", include_in_schema=False)] = None,
) -> Response:
    """The recording, or one range of it. A therapist's playing is noted; after it nothing can be taken back."""
    owner = await whose_record(session, caller, client, AuditAction.voice_note_read, note_id)
    target = Target(entry_id, note_id)
    playing = await listening.begin_playing(session, keys, caller, client=owner, target=target, wanted=wanted)
    if caller.role == Role.therapist:
        await keep(request, session, caller, AuditAction.voice_note_read, about=note_id, owner=owner)
    return StreamingResponse(
        playing.pieces(database, caller),
        200 if playing.part.whole else 206,
        listening.headers_of(playing),
        playing.note.media_type,
    )


@router.delete(NOTE, status_code=204, responses={**READING, **responses(Conflict)})
async def erase_note(
    entry_id: UUID, note_id: UUID, caller: WriteJournal, session: LiveSession, request: Request
) -> None:
    """Erase a voice note, or end an upload. What a therapist has played answers 409 and stays in the record."""
    if await erasing.erase(session, caller, Target(entry_id, note_id)):
        await keep(request, session, caller, AuditAction.voice_note_erased, about=note_id, owner=caller.person)
