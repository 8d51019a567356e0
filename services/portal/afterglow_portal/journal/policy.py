"""Which entries a caller may read: the scoped select. Row-level security says the same underneath."""

from uuid import UUID

from afterglow_foundation.callers import Caller
from sqlalchemy import Select, exists, select
from sqlmodel import col

from afterglow_portal.journal.models import JournalEntry, JournalShare
from afterglow_portal.visibility import Visibility


def readable(caller: Caller, client: UUID) -> Select[JournalEntry]:
    """All of one's own; of a client in care what is shared now with somebody whose shares the caller may see.

    Which shares those are (one's own, or those of whom one covers for) is the row policy's to say: one rule, one place.
    """
    return entries_of(client) if caller.id == client else shared(client)


def entries_of(client: UUID) -> Select[JournalEntry]:
    return select(JournalEntry).where(col(JournalEntry.client_id) == client)


def shared(client: UUID) -> Select[JournalEntry]:
    """What the client shares now, as far as the caller may see the shares."""
    share = exists().where(
        col(JournalShare.client_id) == col(JournalEntry.client_id), col(JournalShare.entry_id) == col(JournalEntry.id)
    )
    return entries_of(client).where(col(JournalEntry.visibility) == Visibility.therapist, share)
