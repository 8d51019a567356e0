"""Erase voice notes: by the client until somebody played one, with their entry, and what was never finished."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.errors import Conflict, Refusal
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.readings import FirstReading, by_whom
from afterglow_portal.voice_notes.listening import PLAYINGS
from afterglow_portal.voice_notes.models import VoiceNote
from afterglow_portal.voice_notes.uploading import Target, own

UNFINISHED_FOR = timedelta(days=1)  # the row policy of the worker says the same


class AlreadyPlayed(Conflict):
    """It says by whom and when."""

    code, title = "already_played", "This was played already, so it cannot be taken back"

    def __init__(self, readings: list[FirstReading], refusal: Refusal) -> None:
        super().__init__(f"Played by {by_whom(readings)}.", refusal=refusal)


async def erase(session: AsyncSession, caller: Caller, target: Target) -> bool:
    """Delete a note of one's own with its chunks; True where it had been whole. Raises NotFound and AlreadyPlayed.

    The lock makes a playing wait, or shows that it was there before.
    """
    note = await own(session, caller, target, for_update=True)
    if played := (await PLAYINGS.by_object(session, note.client_id, [note.id])).get(note.id):
        refusal = Refusal(AuditAction.voice_note_erased, note.id, note.client_id, "already_played")
        raise AlreadyPlayed(played, refusal)
    await session.execute(
        delete(VoiceNote).where(col(VoiceNote.client_id) == note.client_id, col(VoiceNote.id) == note.id)
    )
    return note.finished_at is not None


async def forget_unfinished(database: Database) -> None:
    """Delete uploads that were begun a day ago and never ended; `database` is the worker role's."""
    then = datetime.now(UTC) - UNFINISHED_FOR
    left = delete(VoiceNote).where(col(VoiceNote.finished_at).is_(None), col(VoiceNote.created_at) < then)
    async with database.unit_of_work(RowContext()) as session:
        await session.execute(left)


async def erase_with_entry(session: AsyncSession, client: UUID, entry_id: UUID) -> None:
    """Delete every note of an entry or a draft that goes; nobody has played one, or the entry would stay."""
    await session.execute(
        delete(VoiceNote).where(col(VoiceNote.client_id) == client, col(VoiceNote.entry_id) == entry_id)
    )
