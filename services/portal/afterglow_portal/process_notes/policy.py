"""Whose process notes there are: the caller's own, about their own clients. There is no other way in."""

from enum import StrEnum
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import NotFound, Refusal
from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.process_notes.models import NoteBook, ProcessNote

# The rule itself is the database function's: one place for these queries and for row-level security.
OWN_CLIENT = text("SELECT treated_now FROM own_clients() WHERE client_id = :client")


async def refuse_unless_own(
    session: AsyncSession, client: UUID, action: StrEnum, object_id: UUID | None = None, *, writing: bool = False
) -> bool:
    """Say whether care goes on, so that the caller may write.

    Raise NotFound, kept as a refused `action`, for a client who is not in the calling therapist's own care: whoever
    stands in is not let in. `writing` asks for care that goes on; reading ends with that of the record.
    """
    treated_now: bool | None = await session.scalar(OWN_CLIENT, {"client": client})
    if treated_now is None or (writing and not treated_now):
        raise NotFound(refusal=Refusal(action, object_id=object_id, subject_id=client))
    return treated_now


def book_of(caller: Caller, client: UUID) -> Select[NoteBook]:
    return select(NoteBook).where(col(NoteBook.therapist_id) == caller.person, col(NoteBook.client_id) == client)


def notes_of(caller: Caller, client: UUID) -> Select[ProcessNote]:
    """Those that still say something."""
    own = col(ProcessNote.therapist_id) == caller.person, col(ProcessNote.client_id) == client
    return select(ProcessNote).where(*own, col(ProcessNote.erased_at).is_(None))
