"""Bring the local copies up to what auth knows now."""

import httpx
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.snapshots import fetch_snapshot
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_messaging.people.schemas import Snapshot
from afterglow_messaging.people.service import apply_care_relationship, apply_person
from afterglow_messaging.settings import Settings


async def refresh(
    settings: Settings, worker_url: str, *, transport: httpx.AsyncBaseTransport | None = None
) -> Snapshot:
    """Fetch auth's snapshot and apply it in one transaction, as the worker role at `worker_url`.

    Raises UpstreamProblem or Unavailable when auth gives none.
    """
    snapshot = await fetch_snapshot(settings, Snapshot, transport=transport)
    database = Database.connect(worker_url, pool_size=1)
    try:
        async with database.unit_of_work(RowContext()) as session:
            await apply_snapshot(session, snapshot)
    finally:
        await database.close()
    return snapshot


async def apply_snapshot(session: AsyncSession, snapshot: Snapshot) -> None:
    for person in snapshot.people:
        await apply_person(session, person)
    for care_relationship in snapshot.care_relationships:
        await apply_care_relationship(session, care_relationship)
