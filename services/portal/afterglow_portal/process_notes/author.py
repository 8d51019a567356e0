"""A therapist with their book about one client: what opens their notes, and nobody else's."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.sealing import DataKey, DataKeyStore
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_portal.process_notes.models import NoteBook
from afterglow_portal.process_notes.policy import book_of
from afterglow_portal.sealing import find_key


@dataclass(frozen=True, slots=True)
class Author:
    """The therapist `caller`, who has `client` in their own care, with the book's data key, in one transaction."""

    session: AsyncSession
    key: DataKey
    caller: Caller
    client: UUID
    may_write: bool = True


async def find_author(
    session: AsyncSession, keys: DataKeyStore, caller: Caller, client: UUID, *, may_write: bool = True
) -> Author | None:
    """None where there is no book yet, so nothing to read."""
    book = await session.scalar(book_of(caller, client))
    key = await find_key(keys, session, book.id) if book else None
    return Author(session, key, caller, client, may_write) if key else None


async def find_or_make_author(session: AsyncSession, keys: DataKeyStore, caller: Caller, client: UUID) -> Author:
    """With the book made by the first note; two first notes at once get the same one."""
    if found := await find_author(session, keys, caller, client):
        return found
    book = NoteBook(therapist_id=caller.person, client_id=client, opened_at=datetime.now(UTC))
    await session.execute(insert(NoteBook).values(**book.model_dump()).on_conflict_do_nothing())
    standing = (await session.scalars(book_of(caller, client))).one()
    return Author(session, await keys.find_or_make(session, standing.id), caller, client)
