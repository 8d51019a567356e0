"""The tables in which a receiver keeps what it has done. All of it runs as the worker role."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_foundation.security_events.columns import FeedColumns, ReceivedEventColumns, RevokedSessionColumns
from afterglow_foundation.security_events.copying import table_of

RECEIVED_FOR, REVOKED_FOR = timedelta(days=14), timedelta(days=31)  # as in ddl.py


@dataclass(frozen=True, kw_only=True)
class Books:
    """A service's own tables."""

    received_events: type[ReceivedEventColumns]
    feeds: type[FeedColumns]
    revoked_sessions: type[RevokedSessionColumns]

    async def last_snapshot(self, session: AsyncSession, receiver: str) -> datetime | None:
        """When, by auth's clock, the last snapshot was taken; None for a database that knows of none."""
        feeds = table_of(self.feeds)
        taken: datetime | None = await session.scalar(select(feeds.c.taken_at).where(feeds.c.receiver == receiver))
        return taken

    async def note_snapshot(self, session: AsyncSession, receiver: str, taken_at: datetime) -> None:
        note = insert(table_of(self.feeds)).values(receiver=receiver, taken_at=taken_at)
        newer = {"taken_at": note.excluded.taken_at}
        await session.execute(note.on_conflict_do_update(index_elements=["receiver"], set_=newer))

    async def note_event(self, session: AsyncSession, event_id: UUID) -> bool:
        """False for one that was noted before."""
        received = table_of(self.received_events)
        note = insert(received).values(id=event_id, received_at=datetime.now(UTC))
        fresh = await session.execute(note.on_conflict_do_nothing().returning(received.c.id))
        return fresh.first() is not None

    async def sweep(self, session: AsyncSession, now: datetime) -> None:
        """Forget what nothing can refer to any more."""
        received, revoked = table_of(self.received_events), table_of(self.revoked_sessions)
        await session.execute(delete(received).where(received.c.received_at < now - RECEIVED_FOR))
        await session.execute(delete(revoked).where(revoked.c.revoked_at < now - REVOKED_FOR))
