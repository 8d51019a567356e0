"""Upload a voice note: declared once, then sent in parts by offset, each acknowledged only when it is stored.

This is tus 1.0's core protocol: `HEAD` tells how far it is, `PATCH` adds what comes next, and whoever names another
offset is told the right one. So an upload goes on where it was, whatever died in between.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import (
    Conflict,
    FieldError,
    InvalidInput,
    NotFound,
    PayloadTooLarge,
    Refusal,
    UnsupportedMediaType,
)
from afterglow_foundation.sealing import DataKey
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.impairment import refuse_sharing
from afterglow_portal.journal.models import JournalDraft, JournalEntry
from afterglow_portal.settings import Settings
from afterglow_portal.visibility import Visibility
from afterglow_portal.voice_notes import chunks
from afterglow_portal.voice_notes.kinds import kind_of
from afterglow_portal.voice_notes.models import VoiceNote
from afterglow_portal.voice_notes.schemas import VoiceNoteBody

SMALLEST_CHUNK = 32 * 1024  # but for the last: each is a row, and the first has to show what it is
LARGEST_CHUNK = 512 * 1024  # what a cut connection costs at most, and what one request holds in memory
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('afterglow voice notes ' || :client))")


class WrongOffset(Conflict):
    """The right one stands in `Upload-Offset`."""

    code, title = "wrong_offset", "The upload is at another place"

    def __init__(self, received: int) -> None:
        super().__init__(headers={"Upload-Offset": str(received)})


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
    end = offset + len(content)
    if end > note.size:
        raise PayloadTooLarge("This is more than was declared.")
    last = end == note.size
    if not last and len(content) < SMALLEST_CHUNK:
        said = f"All parts but the last have {SMALLEST_CHUNK} to {LARGEST_CHUNK} bytes."
        raise InvalidInput(errors=[FieldError(field="body", code="too_small", message=said)])
    if not offset and kind_of(content) != note.media_type:
        raise UnsupportedMediaType("This is no recording of the kind that was declared.")
    session.add(chunks.sealed(content, note, key, last=last))
    await session.flush()  # chunks are taken only while the note is not finished
    note.chunks, note.received = note.chunks + 1, end
    note.finished_at = datetime.now(UTC) if last else None
    await session.flush()
    return note
