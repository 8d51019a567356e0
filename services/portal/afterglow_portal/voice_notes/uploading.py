"""Upload a voice note: declared once, then sent in parts by offset, each acknowledged only when it is stored."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.audio_kinds import kind_of
from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import (
    Conflict,
    FieldError,
    InvalidInput,
    NotFound,
    Refusal,
    UnsupportedMediaType,
)
from afterglow_foundation.sealing import DataKey
from afterglow_foundation.uploads import WrongOffset, is_last
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.impairment import refuse_sharing
from afterglow_portal.journal.models import JournalDraft, JournalEntry
from afterglow_portal.settings import Settings
from afterglow_portal.visibility import Visibility
from afterglow_portal.voice_notes.chunks import chunks_of
from afterglow_portal.voice_notes.models import VoiceNote, VoiceNoteChunk
from afterglow_portal.voice_notes.schemas import VoiceNoteBody

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('afterglow voice notes ' || :client))")


class TooManyVoiceNotes(Conflict):
    code, title = "too_many_voice_notes", "There are too many voice notes; erase one first, or let an upload end"


@dataclass(frozen=True, slots=True)
class Target:
    """Which note of which entry a request is about."""

    entry_id: UUID
    note_id: UUID


async def declare(
    session: AsyncSession, settings: Settings, caller: Caller, target: Target, body: VoiceNoteBody
) -> tuple[VoiceNote, bool]:
    """The note to send, and whether this request is the one that made it.

    Raises InvalidInput for one that is too large or too long, NotFound where neither an entry nor a draft of the
    caller's stands under that id, TooManyVoiceNotes, UntilMorning for a shared entry after a dose, and Conflict where
    the note's id stands for another.
    """
    refuse_too_large(settings, body)
    await session.execute(ONE_AT_A_TIME, {"client": str(caller.person)})
    if known := await session.get(VoiceNote, (caller.person, target.note_id)):
        declared = VoiceNoteBody(size=known.size, media_type=known.media_type, seconds=known.seconds)
        if known.entry_id != target.entry_id or declared != body:
            raise Conflict
        return known, False
    if not await hold_entry(session, caller.person, target.entry_id):
        raise NotFound(refusal=Refusal(AuditAction.voice_note_added, target.entry_id))
    await refuse_shared_after_a_dose(session, caller.person, target.entry_id)
    await refuse_too_many(session, settings, caller.person)
    note = VoiceNote(
        client_id=caller.person,
        id=target.note_id,
        entry_id=target.entry_id,
        media_type=str(body.media_type),
        size=body.size,
        seconds=body.seconds,
        created_at=datetime.now(UTC),
    )
    session.add(note)
    await session.flush()
    return note, True


def refuse_too_large(settings: Settings, body: VoiceNoteBody) -> None:
    wrong = []
    if body.size > settings.voice_note_bytes:
        said = f"At most {settings.voice_note_bytes} bytes fit."
        wrong.append(FieldError(field="size", code="too_large", message=said))
    if body.seconds and body.seconds > settings.voice_note_seconds:
        said = f"At most {settings.voice_note_seconds} seconds fit."
        wrong.append(FieldError(field="seconds", code="too_long", message=said))
    if wrong:
        raise InvalidInput(errors=wrong)


async def hold_entry(session: AsyncSession, client: UUID, entry_id: UUID) -> bool:
    """Whether an entry or a draft stands there; it is not erased or discarded before this transaction ends."""
    entry = select(col(JournalEntry.id)).where(col(JournalEntry.client_id) == client, col(JournalEntry.id) == entry_id)
    draft = select(col(JournalDraft.entry_id)).where(
        col(JournalDraft.client_id) == client, col(JournalDraft.entry_id) == entry_id
    )
    found = [await session.scalar(rows.with_for_update(read=True, key_share=True)) for rows in (entry, draft)]
    return any(found)


async def refuse_shared_after_a_dose(session: AsyncSession, client: UUID, entry_id: UUID) -> None:
    """Raise UntilMorning for a note that others would hear with the entry it is added to."""
    entry = await session.get(JournalEntry, (client, entry_id))
    if entry and entry.visibility == Visibility.therapist:
        await refuse_sharing(session, client)


async def refuse_too_many(session: AsyncSession, settings: Settings, client: UUID) -> None:
    counting = select(func.count(), func.count().filter(col(VoiceNote.finished_at).is_(None)))
    every, unfinished = (await session.execute(counting.where(col(VoiceNote.client_id) == client))).one()
    if every >= settings.voice_notes_at_most or unfinished >= settings.voice_notes_under_way:
        raise TooManyVoiceNotes


async def own(session: AsyncSession, caller: Caller, target: Target, *, for_update: bool = False) -> VoiceNote:
    """The caller's own note. Raises NotFound."""
    rows = select(VoiceNote).where(
        col(VoiceNote.client_id) == caller.person,
        col(VoiceNote.id) == target.note_id,
        col(VoiceNote.entry_id) == target.entry_id,
    )
    note: VoiceNote | None = await session.scalar(rows.with_for_update() if for_update else rows)
    if note is None:
        raise NotFound(refusal=Refusal(AuditAction.voice_note_added, target.note_id, caller.person))
    return note


async def append(
    session: AsyncSession, key: DataKey, caller: Caller, target: Target, *, offset: int, content: bytes
) -> VoiceNote:
    """Store what begins at `offset`. Of two that come at once the second waits, and is told how far it is by then.

    Raises WrongOffset, InvalidInput for a part that is too small, PayloadTooLarge for more than was declared, and
    UnsupportedMediaType where the content is no recording of the declared kind.
    """
    note = await own(session, caller, target, for_update=True)
    if offset != note.received or note.finished_at:
        raise WrongOffset(note.received)
    last = is_last(content, offset=offset, size=note.size)
    if not offset and kind_of(content) != note.media_type:
        raise UnsupportedMediaType("This is no recording of the kind that was declared.")
    sealed = chunks_of(note).seal(content, key, note.chunks, last=last)
    session.add(VoiceNoteChunk(client_id=note.client_id, note_id=note.id, index=note.chunks, content=sealed))
    await session.flush()  # chunks are taken only while the note is not finished
    note.chunks, note.received = note.chunks + 1, offset + len(content)
    note.finished_at = datetime.now(UTC) if last else None
    await session.flush()
    return note
