"""Why a session was moved or cancelled, in the words of whoever did it: sealed, and kept beside what it was."""

from collections.abc import Mapping
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from afterglow_foundation.sealing import DataKey
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.course.models import CourseSession, SessionReason
from afterglow_portal.course.writer import Writer
from afterglow_portal.journal.content import binding

TABLE = "course_session_reasons"


async def keep_reason(writer: Writer, row: CourseSession, reason: str) -> None:
    """Of the version that a session has just come to; an empty reason is none."""
    if not reason.strip():
        return
    identity = new_id()
    writer.session.add(
        SessionReason(
            client_id=row.client_id,
            id=identity,
            session_id=row.id,
            version=row.version,
            words=writer.key.seal(reason, binding(TABLE, "words", identity, row.client_id)),
            made_at=row.changed_at,
            made_by=writer.by,
        )
    )
    await writer.session.flush()


async def reasons_of(session: AsyncSession, client: UUID, key: DataKey) -> Mapping[tuple[UUID, int], str]:
    """By session and the version that it is the reason of. Raises SealBrokenError where one does not open."""
    rows = await session.scalars(select(SessionReason).where(col(SessionReason.client_id) == client))
    return {(row.session_id, row.version): key.open(row.words, binding(TABLE, "words", row.id, client)) for row in rows}
