"""Process notes over HTTP: each therapist's own, and nobody else's. Every route names the client it is about."""

from dataclasses import dataclass
from typing import Annotated, TypeVar
from uuid import UUID

from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import NotFound, Refusal
from afterglow_foundation.permissions import require
from afterglow_foundation.sealing import DataKeyStore
from fastapi import Depends, Query
from pydantic import UUID7
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from afterglow_portal.api import room
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.desk import ACTING, AGAIN, READING, WRITING, Client
from afterglow_portal.people.policy import LiveSession
from afterglow_portal.permissions import Permission
from afterglow_portal.process_notes import reading, writing
from afterglow_portal.process_notes.author import Author, find_author, find_or_make_author
from afterglow_portal.process_notes.policy import refuse_unless_own
from afterglow_portal.process_notes.schemas import NoteBody, NoteEdit, NoteOut, NotePage, NoteVersions
from afterglow_portal.sealing import Keys

Found = TypeVar("Found")
router = room("/process-notes", "process notes")
ReadNotes = Annotated[Caller, require(Permission.process_notes_read)]
WriteNotes = Annotated[Caller, require(Permission.process_notes_write)]


@dataclass(frozen=True, slots=True)
class OwnNotes:
    """Whoever asks, what their book needs to open, and the client it is about."""

    caller: Caller
    session: AsyncSession
    keys: DataKeyStore
    request: Request
    client: UUID

    async def let_in(self, action: AuditAction, note_id: UUID | None = None, *, writing: bool = False) -> bool:
        return await refuse_unless_own(self.session, self.client, action, note_id, writing=writing)

    async def author(self, action: AuditAction, note_id: UUID, *, writing: bool = False) -> Author:
        """Raises NotFound, kept as a refused `action`, where the caller has no book about this client."""
        may_write = await self.let_in(action, note_id, writing=writing)
        author = await find_author(self.session, self.keys, self.caller, self.client, may_write=may_write)
        return self.found(author, action, note_id)

    def found(self, one: Found | None, action: AuditAction, note_id: UUID) -> Found:
        if one is None:
            raise NotFound(refusal=Refusal(action, note_id, self.client))
        return one

    async def record(self, action: AuditAction, note_id: UUID | None = None) -> None:
        trail = trail_of(self.request)
        await trail.record(self.session, self.caller, action, object_id=note_id, subject_id=self.client)

    async def answer(self, action: AuditAction, note_id: UUID, *, done: bool) -> Response:
        """Keep what this request did, and say whether it did it; one sent before changes nothing."""
        if done:
            await self.record(action, note_id)
        return Response(status_code=201 if done else 200)


async def notes_to_read(
    caller: ReadNotes, session: LiveSession, keys: Keys, request: Request, client: Client
) -> OwnNotes:
    return OwnNotes(caller, session, keys, request, client)


async def notes_to_write(
    caller: WriteNotes, session: LiveSession, keys: Keys, request: Request, client: Client
) -> OwnNotes:
    return OwnNotes(caller, session, keys, request, client)


Reading = Annotated[OwnNotes, Depends(notes_to_read)]
Writing = Annotated[OwnNotes, Depends(notes_to_write)]


@router.get("", responses=READING)
async def list_notes(
    notes: Reading, limit: Annotated[int, Query(ge=1, le=100)] = 20, after: str | None = None
) -> NotePage:
    """One's own notes about a client, newest first, each with its first words."""
    may_write = await notes.let_in(AuditAction.process_notes_read)
    author = await find_author(notes.session, notes.keys, notes.caller, notes.client, may_write=may_write)
    nothing = NotePage(may_write=may_write, items=[], next=None)
    page = await reading.find_page(author, limit, after) if author else nothing
    await notes.record(AuditAction.process_notes_read)
    return page


@router.get("/{note_id}", responses=READING)
async def read_note(note_id: UUID, notes: Reading) -> NoteOut:
    """One of one's own as it stands now. Nobody else's is there to be asked for."""
    action = AuditAction.process_note_read
    author = await notes.author(action, note_id)
    found = notes.found(await reading.find_one(author, note_id), action, note_id)
    await notes.record(action, note_id)
    return found


@router.get("/{note_id}/versions", responses=READING)
async def read_note_versions(note_id: UUID, notes: Reading) -> NoteVersions:
    """What it said before, oldest first, and what it says now."""
    action = AuditAction.process_note_read
    author = await notes.author(action, note_id)
    found = notes.found(await reading.find_versions(author, note_id), action, note_id)
    await notes.record(action, note_id)
    return found


@router.put("/{note_id}", status_code=201, response_class=Response, responses={**WRITING, **AGAIN})
async def write_note(note_id: UUID7, body: NoteBody, notes: Writing) -> Response:
    """Write one under an id its writer made: 201 once, 200 when it is sent again."""
    action = AuditAction.process_note_written
    await notes.let_in(action, note_id, writing=True)
    author = await find_or_make_author(notes.session, notes.keys, notes.caller, notes.client)
    return await notes.answer(action, note_id, done=await writing.write(author, note_id, body))


@router.post("/{note_id}/versions", status_code=201, response_class=Response, responses={**WRITING, **AGAIN})
async def edit_note(note_id: UUID, body: NoteEdit, notes: Writing) -> Response:
    """Change what it says; the version before is kept."""
    action = AuditAction.process_note_edited
    author = await notes.author(action, note_id, writing=True)
    return await notes.answer(action, note_id, done=await writing.edit(author, note_id, body))


@router.delete("/{note_id}", status_code=204, response_model=None, responses=ACTING)
async def erase_note(note_id: UUID, notes: Writing) -> None:
    """Erase one with its versions; safe to repeat."""
    action = AuditAction.process_note_erased
    await notes.let_in(action, note_id, writing=True)
    if await writing.erase(notes.session, notes.caller, notes.client, note_id):
        await notes.record(action, note_id)
