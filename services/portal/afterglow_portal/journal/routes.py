"""The journal over HTTP: write, edit, read, erase, share, search, and keep drafts."""

from typing import Annotated, Any
from uuid import UUID

from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Caller, Role
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
from afterglow_foundation.sealing import DataKey, DataKeyStore
from fastapi import Query
from pydantic import UUID7
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from afterglow_portal.api import room
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.impairment import refuse_sharing
from afterglow_portal.journal import drafts, erasing, reading, searching, sharing, writing
from afterglow_portal.journal.schemas import (
    LARGEST_COUNT,
    BeingWritten,
    DraftBody,
    Drafts,
    DraftSaved,
    EntryBody,
    EntryDetail,
    EntryOut,
    EntryPage,
    Erased,
    Found,
    Search,
    Sharing,
    VersionBody,
    Versions,
)
from afterglow_portal.people.care_now import therapists_now
from afterglow_portal.people.policy import LiveSession, whose_record
from afterglow_portal.permissions import Permission
from afterglow_portal.sealing import Keys, find_key

LARGEST_ENTRY = 256 * 1024  # a text of 20,000 characters, each escaped as two \uXXXX, still fits
router = room("/journal", "journal", largest=LARGEST_ENTRY)
ReadJournal = Annotated[Caller, require(Permission.journal_read)]
WriteJournal = Annotated[Caller, require(Permission.journal_write)]
Client = Annotated[UUID | None, Query(description="whose, for a therapist")]
READING = responses(NotAuthenticated, Forbidden, NotFound, InvalidInput, Unavailable)
WRITING = responses(
    BadRequest,
    NotAuthenticated,
    Forbidden,
    Conflict,
    PayloadTooLarge,
    UnsupportedMediaType,
    InvalidInput,
    Unavailable,
)
AGAIN: dict[int | str, dict[str, Any]] = {200: {"model": EntryOut, "description": "Sent before: the same answer again"}}


async def key_of(session: AsyncSession, keys: DataKeyStore, caller: Caller) -> DataKey:
    """The caller's data key; one made here is remembered by whoever finds it next, once it is committed."""
    return await find_key(keys, session, caller.person) or await keys.find_or_make(session, caller.person)


def answer(written: writing.Written) -> Response:
    status = 201 if written.created else 200
    return Response(written.entry.model_dump_json(), status, media_type="application/json")


async def keep(
    request: Request, session: AsyncSession, caller: Caller, written: writing.Written, action: AuditAction
) -> None:
    """Audit what was written and whether others may read it now; a repeat is nothing new."""
    for done in (action, written.sharing) if written.created else ():
        if done:
            await trail_of(request).record(session, caller, done, object_id=written.entry.id, subject_id=caller.person)


@router.get("", responses=READING)
async def list_entries(
    *,
    caller: ReadJournal,
    session: LiveSession,
    keys: Keys,
    request: Request,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: Annotated[str | None, Query(max_length=200)] = None,
    client: Client = None,
) -> EntryPage:
    """One's own entries, or those a client in care shares with the caller: newest first."""
    owner = await whose_record(session, caller, client, AuditAction.journal_read)
    if caller.role == Role.therapist:
        await trail_of(request).record(session, caller, AuditAction.journal_read, subject_id=owner)
    return await reading.find_page(session, keys, caller, owner, reading.Part(limit, after))


@router.get("/sharing", responses=READING)
async def read_sharing(caller: WriteJournal, session: LiveSession) -> Sharing:
    """With whom an entry is shared that says `therapist` now, and who stands in for them."""
    return await sharing.sharing_of(session, caller.person)


@router.put("/sharing/{therapist_id}", responses={**WRITING, **responses(NotFound)})
async def share_earlier(therapist_id: UUID, caller: WriteJournal, session: LiveSession, request: Request) -> Sharing:
    """Let somebody who treats the client now read what was shared with others before."""
    if therapist_id not in {person.id for person in await therapists_now(session, caller.person)}:
        raise NotFound(refusal=Refusal(AuditAction.journal_earlier_shared, therapist_id, caller.person))
    await refuse_sharing(session, caller.person)
    if await sharing.share_earlier(session, caller.person, therapist_id):
        await trail_of(request).record(
            session, caller, AuditAction.journal_earlier_shared, object_id=therapist_id, subject_id=caller.person
        )
    return await sharing.sharing_of(session, caller.person)


@router.post("/searches", responses=WRITING)
async def search(body: Search, caller: WriteJournal, session: LiveSession, keys: Keys) -> Found:
    """Entries of one's own that hold every word of `q`; nothing of it is kept."""
    return await searching.search(session, keys, caller, body.q)


@router.get("/drafts", responses=READING)
async def list_drafts(
    caller: WriteJournal,
    session: LiveSession,
    keys: Keys,
    limit: Annotated[int, Query(ge=1, le=drafts.MOST_DRAFTS)] = drafts.MOST_DRAFTS,
) -> Drafts:
    """One's own drafts, newest first."""
    return Drafts(items=await drafts.find_drafts(session, keys, caller, limit))


@router.get("/drafts/{entry_id}", responses=READING)
async def read_draft(entry_id: UUID, caller: WriteJournal, session: LiveSession, keys: Keys) -> BeingWritten:
    """What is being written under this id, and the entry that it will change."""
    return await drafts.being_written(session, keys, caller, entry_id)


@router.put("/drafts/{entry_id}", responses=WRITING)
async def put_draft(
    entry_id: UUID7, body: DraftBody, caller: WriteJournal, session: LiveSession, keys: Keys
) -> DraftSaved:
    """Keep what is being written; 409 where it was saved from somewhere else since `revision`."""
    return await drafts.save_draft(session, await key_of(session, keys, caller), caller, entry_id, body)


@router.delete("/drafts/{entry_id}", status_code=204, responses={**READING, **responses(Conflict)})
async def discard_draft(
    entry_id: UUID,
    caller: WriteJournal,
    session: LiveSession,
    revision: Annotated[int, Query(ge=0, le=LARGEST_COUNT, description="the last one that the writer saw")],
) -> None:
    """Discard a draft with its voice notes; 409 where it was saved from somewhere else since `revision`.

    One that is not there is as good as discarded.
    """
    await drafts.discard_draft(session, caller.person, entry_id, revision)


@router.put("/{entry_id}", status_code=201, response_model=EntryOut, responses={**WRITING, **AGAIN})
async def put_entry(
    *, entry_id: UUID7, body: EntryBody, caller: WriteJournal, session: LiveSession, keys: Keys, request: Request
) -> Response:
    """Write an entry under an id the client made: 201 once, 200 with the same answer when it is sent again."""
    written = await writing.write(session, await key_of(session, keys, caller), caller, entry_id, body)
    await keep(request, session, caller, written, AuditAction.journal_entry_created)
    return answer(written)


@router.get("/{entry_id}", responses=READING)
async def read_entry(
    *, entry_id: UUID, caller: ReadJournal, session: LiveSession, keys: Keys, request: Request, client: Client = None
) -> EntryDetail:
    """One entry as it stands now. A therapist's opening is noted; after it nothing can be taken back."""
    owner = await whose_record(session, caller, client, AuditAction.journal_entry_read, entry_id)
    entry = await reading.find_one(session, keys, caller, owner, entry_id)
    if entry is None:
        raise NotFound(refusal=Refusal(AuditAction.journal_entry_read, entry_id, owner))
    if caller.role == Role.therapist:
        await trail_of(request).record(
            session, caller, AuditAction.journal_entry_read, object_id=entry_id, subject_id=owner
        )
    return entry


@router.delete("/{entry_id}", responses={**READING, **responses(Conflict)})
async def erase_entry(entry_id: UUID, caller: WriteJournal, session: LiveSession, request: Request) -> Erased:
    """Erase an entry with its versions. What a therapist has read already answers 409 and stays in the record."""
    erased, now = await erasing.erase(session, caller, entry_id)
    if now:
        await trail_of(request).record(
            session, caller, AuditAction.journal_entry_erased, object_id=entry_id, subject_id=caller.person
        )
    return erased


@router.post(
    "/{entry_id}/versions",
    status_code=201,
    response_model=EntryOut,
    responses={**WRITING, **responses(NotFound), **AGAIN},
)
async def post_version(
    *, entry_id: UUID, body: VersionBody, caller: WriteJournal, session: LiveSession, keys: Keys, request: Request
) -> Response:
    """Edit one's own entry, and who may read it. The version before is kept."""
    entry = await writing.own_for_update(session, caller, entry_id, AuditAction.journal_entry_edited)
    edited = await writing.edit(session, await key_of(session, keys, caller), entry, body)
    await keep(request, session, caller, edited, AuditAction.journal_entry_edited)
    return answer(edited)


@router.get("/{entry_id}/versions", responses=READING)
async def read_versions(entry_id: UUID, caller: WriteJournal, session: LiveSession, keys: Keys) -> Versions:
    """Every version of one's own entry, oldest first."""
    versions = await reading.find_versions(session, keys, caller, entry_id)
    if versions is None:
        raise NotFound(refusal=Refusal(AuditAction.journal_versions_read, entry_id))
    return versions
