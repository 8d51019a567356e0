"""Write the summary of a session, edit it with every version kept, and read it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.errors import Conflict, NotFound, Refusal
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.sealing import DataKeyStore
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.schemas import State
from afterglow_portal.course.sessions import lock
from afterglow_portal.course.writer import Writer
from afterglow_portal.edits import Edits
from afterglow_portal.notes.content import (
    columns_of,
    current_out,
    earlier_out,
    sealed_version,
    summary_out,
    words_of,
)
from afterglow_portal.notes.models import SessionSummary, SessionSummaryVersion
from afterglow_portal.notes.policy import summaries_of
from afterglow_portal.notes.schemas import SummaryBody, SummaryEdit, SummaryOut, SummaryVersions
from afterglow_portal.people.names import names_of
from afterglow_portal.sealing import find_key

EDITS = Edits(SessionSummary, SessionSummaryVersion, of="summary_id")


class NotHeld(Conflict):
    code, title = "not_held", "This session did not begin, so there is nothing to sum up"


class SummaryWritten(Conflict):
    code, title = "summary_written", "There is a summary of this session already"


class SummaryChanged(Conflict):
    code, title = "summary_changed", "This summary was changed since you opened it"


async def write(writer: Writer, summary_id: UUID, body: SummaryBody, *, at: datetime | None = None) -> bool:
    """Store the summary of an open or ended session; False if it was stored before.

    Raises NotFound, NotHeld, SummaryWritten where the session has another, and Conflict for another body under this id.
    `at` is when it was made where that was earlier, elsewhere.
    """
    session, client, key = writer.session, writer.client, writer.key
    held = await lock(session, client, body.session_id, AuditAction.summary_written)
    digest = key.digest(body.canonical())
    if before := await session.scalar(summaries_of(client).where(col(SessionSummary.id) == summary_id)):
        if before.body_digest != digest:
            raise Conflict
        return False
    if held.state not in {State.open, State.ended}:
        raise NotHeld
    made = await session.execute(
        insert(SessionSummary)
        .values(
            client_id=client,
            id=summary_id,
            session_id=body.session_id,
            made_at=at or datetime.now(UTC),
            made_by=writer.by,
            version=1,
            body_digest=digest,
            **columns_of(body, summary_id, key),
        )
        .on_conflict_do_nothing()
        .returning(col(SessionSummary.id))
    )
    if made.first() is None:
        raise SummaryWritten
    return True


async def edit(writer: Writer, summary_id: UUID, body: SummaryEdit, *, at: datetime | None = None) -> bool:
    """Replace what a summary says; the version before is kept. False if this edit was made before.

    Raises NotFound, SummaryChanged for an edit of a version that is no longer current, and Conflict when another body
    was sent under this `version_id`. `at` is when it was made where that was earlier, elsewhere.
    """
    session, client, key = writer.session, writer.client, writer.key
    row = await session.scalar(summaries_of(client).where(col(SessionSummary.id) == summary_id).with_for_update())
    if row is None:
        raise NotFound(refusal=Refusal(AuditAction.summary_edited, summary_id, client))
    digest = key.digest(body.canonical())
    if await EDITS.made_before(session, row, body.version_id, digest):
        return False
    if body.base_version != row.version:
        raise SummaryChanged
    earlier = new_id()
    session.add(
        SessionSummaryVersion(
            client_id=client,
            id=earlier,
            summary_id=summary_id,
            version=row.version,
            content=sealed_version(words_of(row, key), earlier, key),
            withheld=row.withheld,
            made_at=row.edited_at or row.made_at,
            made_by=row.edited_by or row.made_by,
            version_id=row.version_id,
            version_digest=row.version_digest,
        )
    )
    for name, value in columns_of(body, summary_id, key).items():
        setattr(row, name, value)
    row.version += 1
    row.edited_at, row.edited_by = at or datetime.now(UTC), writer.by
    row.version_id, row.version_digest = body.version_id, digest
    await session.flush()
    return True


async def find_summaries(session: AsyncSession, client: UUID) -> Sequence[SessionSummary]:
    """Those that the caller may read, in the order in which they were written."""
    asked = summaries_of(client).order_by(col(SessionSummary.made_at), col(SessionSummary.id))
    return (await session.scalars(asked)).all()


async def read(session: AsyncSession, keys: DataKeyStore, client: UUID, summary_id: UUID) -> SummaryOut:
    """Raises NotFound, also for the client of one that is withheld: to them it is not there."""
    row = await session.scalar(summaries_of(client).where(col(SessionSummary.id) == summary_id))
    key = await find_key(keys, session, client) if row else None
    if row is None or key is None:
        raise NotFound(refusal=Refusal(AuditAction.course_read, summary_id, client))
    names = await names_of(session, {one for one in (row.made_by, row.edited_by) if one})
    return summary_out(row, key, names)


async def find_versions(session: AsyncSession, keys: DataKeyStore, client: UUID, summary_id: UUID) -> SummaryVersions:
    """What it said before and says now, oldest first. Raises NotFound."""
    row = await session.scalar(summaries_of(client).where(col(SessionSummary.id) == summary_id))
    key = await find_key(keys, session, client) if row else None
    if row is None or key is None:
        raise NotFound(refusal=Refusal(AuditAction.course_read, summary_id, client))
    version = SessionSummaryVersion
    of_it = col(version.client_id) == client, col(version.summary_id) == summary_id
    earlier = list(await session.scalars(select(version).where(*of_it).order_by(col(version.version))))
    names = await names_of(session, {one.made_by for one in earlier} | {row.edited_by or row.made_by})
    return SummaryVersions(items=[*(earlier_out(one, key, names) for one in earlier), current_out(row, key, names)])
