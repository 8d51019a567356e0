"""Which voice notes a caller may see: the scoped selects. Row-level security says the same underneath."""

from uuid import UUID

from afterglow_foundation.callers import Caller
from sqlalchemy import Select, select
from sqlmodel import col

from afterglow_portal.journal.models import JournalEntry
from afterglow_portal.journal.policy import readable as readable_entries
from afterglow_portal.voice_notes.models import VoiceNote


def readable(caller: Caller, client: UUID, entry_id: UUID) -> Select[VoiceNote]:
    """Of one's own every one; of a client in care what is whole and belongs to an entry that the caller may read."""
    notes = select(VoiceNote).where(col(VoiceNote.client_id) == client, col(VoiceNote.entry_id) == entry_id)
    if caller.id == client:
        return notes
    entry = readable_entries(caller, client).where(col(JournalEntry.id) == entry_id)
    return notes.where(
        col(VoiceNote.finished_at).is_not(None),
        col(VoiceNote.entry_id).in_(entry.with_only_columns(col(JournalEntry.id))),
    )
