"""The days of raised energy of clients for whom a therapist watches."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_portal.course.switched_on import watches_energy
from afterglow_portal.raised_energy.rule import TOLD, is_raised, worth_asking
from afterglow_portal.raised_energy.schemas import RaisedDay
from afterglow_portal.times import earliest_of

# What was noted later belongs to its day as well: whoever was up all night may write it down the morning after.
NOTED = text("""
    SELECT entry.client_id, entry.local_date,
           CAST(round(CAST(avg(entry.energy) AS numeric), 2) AS float) AS energy,
           CAST(round(avg(CAST(entry.items ->> 'sleep_hours' AS numeric)), 2) AS float) AS sleep_hours,
           array_agg(entry.id ORDER BY entry.felt_at, entry.id) AS check_ins
    FROM check_ins AS entry
    WHERE entry.client_id = ANY(CAST(:clients AS uuid[])) AND entry.visibility = 'therapist'
      AND entry.felt_at >= :earliest AND entry.local_date >= :first
      AND (entry.energy IS NOT NULL OR entry.items ? 'sleep_hours')
    GROUP BY entry.client_id, entry.local_date
    ORDER BY entry.client_id, entry.local_date
""")


async def raised_days(session: AsyncSession, clients: Collection[UUID], first: date) -> dict[UUID, list[RaisedDay]]:
    """Since `first`, oldest first, of each of the clients who has any: as far as the caller may read."""
    if not clients:
        return {}
    earliest = earliest_of(first)
    rows = await session.execute(NOTED, {"clients": list(clients), "earliest": earliest, "first": first})
    found: dict[UUID, list[RaisedDay]] = {}
    for client, day, energy, sleep_hours, check_ins in rows:
        if is_raised(energy, sleep_hours):
            raised = RaisedDay(date=day, energy=energy, sleep_hours=sleep_hours, check_ins=check_ins)
            found.setdefault(client, []).append(raised)
    return found


async def raised_if_watched(session: AsyncSession, client: UUID, first: date) -> list[RaisedDay]:
    """The same of one client; nothing where nobody watches."""
    if not await watches_energy(session, client):
        return []
    return (await raised_days(session, [client], first)).get(client, [])


async def raised_lately(session: AsyncSession, client: UUID, today: date) -> list[RaisedDay]:
    """Of the client's last week up to `today`, where the days are worth a question."""
    days = {one.date: one for one in await raised_if_watched(session, client, today - TOLD)}
    return [days[day] for day in worth_asking(days, today)]
