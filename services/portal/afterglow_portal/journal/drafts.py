"""Drafts: what is being written, sealed and kept on the server from the first seconds, for its writer alone.

Two tabs never overwrite each other silently: a saving names the revision it goes on from, and any other is refused.
Nothing of drafts goes into the audit: nobody else can open one, and a page saves one every few seconds.
"""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Conflict
from afterglow_foundation.sealing import DataKey, DataKeyStore
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.journal.content import DRAFT, binding, shown
from afterglow_portal.journal.models import JournalDraft, JournalEntry, JournalErasure
from afterglow_portal.journal.schemas import BeingWritten, DraftBody, DraftOut, DraftSaved
from afterglow_portal.sealing import find_key
from afterglow_portal.voice_notes.erasing import erase_with_entry

MOST_DRAFTS = 100


class DraftChanged(Conflict):
    code, title = "draft_changed", "This draft was saved from somewhere else in the meantime"


class TooManyDrafts(Conflict):
    code, title = "too_many_drafts", "There are too many drafts; save or discard one first"


async def save_draft(
    session: AsyncSession, key: DataKey, caller: Caller, entry_id: UUID, body: DraftBody
) -> DraftSaved:
    """Keep `body` as the next revision. Raises DraftChanged, or answers a repeat of the last saving as before."""
    client, digest = caller.person, key.digest(body.canonical())
    await refuse_overtaken(session, client, entry_id, body.base_version)
    words = key.seal(body.model_dump_json(), binding(DRAFT, "content", entry_id, client))
    values = {"base_version": body.base_version, "content": words, "digest": digest, "saved_at": datetime.now(UTC)}
    mine = (col(JournalDraft.client_id) == client, col(JournalDraft.entry_id) == entry_id)
    if body.revision:
        saving = (
            update(JournalDraft)
            .where(*mine, col(JournalDraft.revision) == body.revision)
            .values(revision=body.revision + 1, **values)
            .returning(col(JournalDraft.revision), col(JournalDraft.saved_at))
        )
        saved = (await session.execute(saving)).one_or_none()
    else:
        await refuse_too_many(session, client)
        adding = (
            insert(JournalDraft)
            .values(client_id=client, entry_id=entry_id, revision=1, **values)
            .on_conflict_do_nothing()
            .returning(col(JournalDraft.revision), col(JournalDraft.saved_at))
        )
        saved = (await session.execute(adding)).one_or_none()
        await refuse_overtaken(
            session, client, entry_id, body.base_version
        )  # once more: it is locked only if it was there
    if saved:
        return DraftSaved(entry_id=entry_id, revision=saved.revision, saved_at=saved.saved_at)
    kept = await session.scalar(select(JournalDraft).where(*mine))
    if kept is None or kept.digest != digest or kept.base_version != body.base_version:
        raise DraftChanged
    return DraftSaved(entry_id=entry_id, revision=kept.revision, saved_at=kept.saved_at)


async def refuse_overtaken(session: AsyncSession, client: UUID, entry_id: UUID, base_version: int) -> None:
    """Raise DraftChanged when the entry was saved or erased meanwhile: a late saving must not bring a draft back.

    The entry is locked against both until the transaction ends; they then find the draft and delete it.
    """
    version = await session.scalar(
        select(col(JournalEntry.version))
        .where(col(JournalEntry.client_id) == client, col(JournalEntry.id) == entry_id)
        .with_for_update(read=True, key_share=True)
    )
    erased = await session.get(JournalErasure, (client, entry_id))
    if (version or 0) != base_version or erased is not None:
        raise DraftChanged


async def refuse_too_many(session: AsyncSession, client: UUID) -> None:
    number = await session.scalar(
        select(func.count()).select_from(JournalDraft).where(col(JournalDraft.client_id) == client)
    )
    if (number or 0) >= MOST_DRAFTS:
        raise TooManyDrafts


async def being_written(session: AsyncSession, keys: DataKeyStore, caller: Caller, entry_id: UUID) -> BeingWritten:
    """Entry and draft of the caller's own under this id. Nothing is no refusal: every entry begins so."""
    draft = await session.get(JournalDraft, (caller.person, entry_id))
    entry = await session.get(JournalEntry, (caller.person, entry_id))
    key = await find_key(keys, session, caller.person)
    if key is None:
        return BeingWritten(entry=None, draft=None)
    return BeingWritten(entry=shown(entry, key) if entry else None, draft=opened_draft(draft, key) if draft else None)


async def find_drafts(session: AsyncSession, keys: DataKeyStore, caller: Caller, limit: int) -> list[DraftOut]:
    """The caller's newest drafts, newest first."""
    rows = await session.scalars(
        select(JournalDraft)
        .where(col(JournalDraft.client_id) == caller.person)
        .order_by(col(JournalDraft.saved_at).desc(), col(JournalDraft.entry_id).desc())
        .limit(limit)
    )
    key = await find_key(keys, session, caller.person)
    return [opened_draft(row, key) for row in rows] if key else []


def opened_draft(row: JournalDraft, key: DataKey) -> DraftOut:
    body = DraftBody.model_validate_json(key.open(row.content, binding(DRAFT, "content", row.entry_id, row.client_id)))
    kept = body.model_dump(exclude={"revision", "base_version"})
    return DraftOut(
        **kept, entry_id=row.entry_id, revision=row.revision, base_version=row.base_version, saved_at=row.saved_at
    )


async def discard_draft(session: AsyncSession, client: UUID, entry_id: UUID, revision: int) -> None:
    """Delete a draft, and the voice notes that were recorded for it, unless they belong to an entry by now.

    Raises DraftChanged where another revision stands by now; none at all is as good as discarded.
    """
    await forget_draft(session, client, entry_id, revision)
    if await session.get(JournalDraft, (client, entry_id)) is not None:
        raise DraftChanged
    if await session.get(JournalEntry, (client, entry_id)) is None:
        await erase_with_entry(session, client, entry_id)


async def forget_draft(session: AsyncSession, client: UUID, entry_id: UUID, revision: int | None = None) -> None:
    """Delete the draft; with a `revision` only if nobody saved another since."""
    of_entry = delete(JournalDraft).where(col(JournalDraft.client_id) == client, col(JournalDraft.entry_id) == entry_id)
    same = [] if revision is None else [col(JournalDraft.revision) == revision]
    await session.execute(of_entry.where(*same))
