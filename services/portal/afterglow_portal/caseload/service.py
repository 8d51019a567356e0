"""The caseload: whatever its size, one statement."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_portal.caseload.schemas import Caseload, CaseloadClient, CaseloadRow, LatestCheckIn, SparklineDay
from afterglow_portal.times import local_date

DAYS = 30
DECIMALS = 2
WIDEST_OFFSET = timedelta(days=2)  # a local date's instants lie within a day of its UTC date, on either side

# The page of clients first, then per client two walks of the index on shared check-ins: its newest entry and its
# last thirty days. Entries kept private are in neither. Which dates those are is the client's calendar's business,
# so the days come back by date and the gaps are set in Python.
CASELOAD = text("""
    WITH page AS MATERIALIZED (
        SELECT people.id, people.name, people.time_zone, care.since, care.reading_ends_at
        FROM clients_in_care() AS care JOIN people ON people.id = care.client_id
        WHERE (:q = '' OR strpos(lower(people.name), lower(:q)) > 0)
          AND (CAST(:after AS uuid) IS NULL OR (lower(people.name), people.id) >
               (SELECT lower(last.name), last.id FROM people AS last WHERE last.id = CAST(:after AS uuid)))
        ORDER BY lower(people.name), people.id
        LIMIT :limit
    )
    SELECT page.*, latest.felt_at, latest.local_date, latest.mood, latest.energy, latest.anxiety, recent.days
    FROM page
    LEFT JOIN LATERAL (
        SELECT entry.felt_at, entry.local_date, entry.mood, entry.energy, entry.anxiety
        FROM check_ins AS entry
        WHERE entry.client_id = page.id AND entry.visibility = 'therapist' AND entry.mood IS NOT NULL
        ORDER BY entry.felt_at DESC, entry.id DESC
        LIMIT 1
    ) AS latest ON true
    LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(day.local_date, jsonb_build_array(day.mood, day.entries)) AS days
        FROM (
            SELECT entry.local_date, avg(entry.mood) AS mood, count(*) AS entries
            FROM check_ins AS entry
            WHERE entry.client_id = page.id AND entry.visibility = 'therapist' AND entry.felt_at >= :earliest
            GROUP BY entry.local_date
        ) AS day
    ) AS recent ON true
    ORDER BY lower(page.name), page.id
""").columns(days=JSONB)


async def caseload_of(session: AsyncSession, *, limit: int, after: UUID | None, q: str) -> Caseload:
    """A page of the calling therapist's clients by name; `q` is a part of the name, in either case."""
    now = datetime.now(UTC)
    found = await session.execute(
        CASELOAD,
        {"limit": limit + 1, "after": after, "q": q, "earliest": now - timedelta(days=DAYS) - WIDEST_OFFSET},
    )
    rows = found.all()
    page = rows[:limit]
    return Caseload(items=[shown(row, now) for row in page], next=page[-1].id if len(rows) > limit else None)


def shown(row: Row[Any], now: datetime) -> CaseloadRow:
    today = local_date(now, row.time_zone)
    dates = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    days: dict[str, list[Any]] = row.days or {}
    return CaseloadRow(
        client=CaseloadClient(id=row.id, name=row.name),
        latest=latest(row),
        sparkline=sparkline(dates, days),
        check_ins_30_days=sum(days[str(day)][1] for day in dates if str(day) in days),
        since=row.since,
        reading_ends_at=row.reading_ends_at,
    )


def latest(row: Row[Any]) -> LatestCheckIn | None:
    if row.felt_at is None:
        return None
    return LatestCheckIn(
        mood=row.mood, energy=row.energy, anxiety=row.anxiety, felt_at=row.felt_at, local_date=row.local_date
    )


def sparkline(dates: Sequence[date], days: dict[str, list[Any]]) -> list[SparklineDay]:
    """One point a day; null where nothing was shared, or where mood was skipped all day."""
    moods = [days.get(str(day), [None])[0] for day in dates]
    return [
        SparklineDay(date=day, mood=None if mood is None else round(mood, DECIMALS))
        for day, mood in zip(dates, moods, strict=True)
    ]
