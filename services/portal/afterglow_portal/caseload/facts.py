"""What a caseload is made of: a statement about everybody, one about whoever is shown, and one about silences."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_portal.caseload.days import DAYS, Days
from afterglow_portal.caseload.kept import KeptDays
from afterglow_portal.course.schemas import Kind, State
from afterglow_portal.times import WIDEST_OFFSET

LATE = timedelta(hours=12)  # so long a session may still begin, and one that was opened and not ended goes on


class Facts(NamedTuple):
    """A client in care, as FACTS has its columns; the names of a Row would cost as much again to look up.

    `doses` are in their order. The last three columns are one: the mark, days before the date asked for, and moods.
    """

    id: UUID
    name: str
    time_zone: str
    since: datetime
    reading_ends_at: datetime | None
    desk_zone: str
    doses: Sequence[datetime]
    session_id: UUID | None
    kind: Kind | None
    state: State | None
    planned_at: datetime | None
    session_zone: str | None
    pinned_lines: int
    unopened_entries: int
    energy_watched: bool
    days: Days


# Per client a walk of an index for each fact, over shared entries only. Which of the days belong to the thirty is the
# business of the client's calendar, so they come back as days before a date, entry by entry: to group them here cost
# more than to do it in Python, where most days hold one. What was noted later counts as an entry, and in no mean. Whose
# mark is among `kept` is not asked for them at all. A share stands as long as its entry is shared: the entries
# themselves need not be looked at.
FACTS = text("""
    WITH clients AS MATERIALIZED (
        SELECT people.id, people.name, people.time_zone, care.since, care.reading_ends_at, marked.mark
        FROM clients_in_care() AS care JOIN people ON people.id = care.client_id
        LEFT JOIN (SELECT client_id, bit_xor(mark) AS mark FROM check_in_marks GROUP BY client_id) AS marked
            ON marked.client_id = care.client_id
        WHERE :q = '' OR strpos(lower(people.name), lower(:q)) > 0
    ), unopened AS (
        SELECT clients.id, count(DISTINCT share.entry_id) AS unopened_entries
        FROM clients JOIN journal_shares AS share ON share.client_id = clients.id AND share.shared_at >= :earliest
        WHERE NOT EXISTS (SELECT FROM journal_readings AS reading
                          WHERE reading.client_id = share.client_id AND reading.entry_id = share.entry_id
                            AND reading.reader_id = :caller)
        GROUP BY clients.id
    ), watched AS (
        SELECT plan.client_id FROM courses AS plan
        WHERE plan.watch_energy AND (plan.ended_on IS NULL OR plan.ended_on >= :today)
    ), opened AS MATERIALIZED (
        SELECT begun.client_id, begun.id, begun.kind, begun.state, begun.planned_at, begun.time_zone
        FROM course_sessions AS begun
        WHERE begun.state = 'open' AND begun.opened_at > :not_over
    )
    SELECT clients.id, clients.name, clients.time_zone, clients.since, clients.reading_ends_at,
           (SELECT own.time_zone FROM people AS own WHERE own.id = :caller) AS desk_zone,
           given.doses,
           ahead.id, ahead.kind, ahead.state, ahead.planned_at, ahead.time_zone,
           lines.pinned_lines, coalesce(unopened.unopened_entries, 0),
           clients.id IN (SELECT watched.client_id FROM watched),
           clients.mark, recent.ago, recent.moods
    FROM clients
    LEFT JOIN LATERAL (
        SELECT coalesce(array_agg(CAST(:today AS date) - entry.local_date), '{}') AS ago,
               coalesce(array_agg(CASE WHEN NOT entry.back_dated THEN entry.mood END), '{}') AS moods
        FROM check_ins AS entry
        WHERE entry.client_id = clients.id AND entry.visibility = 'therapist' AND entry.felt_at >= :earliest
          AND (clients.mark IN (SELECT unnest(CAST(:kept AS bigint[])))) IS NOT TRUE
    ) AS recent ON true
    LEFT JOIN LATERAL (
        SELECT coalesce(array_agg(dose.given_at ORDER BY dose.given_at), '{}') AS doses
        FROM administrations AS dose
        WHERE dose.client_id = clients.id AND dose.given_at >= :earliest AND dose.withdrawn_at IS NULL
    ) AS given ON true
    LEFT JOIN LATERAL (
        SELECT * FROM opened WHERE opened.client_id = clients.id
        UNION ALL (
            SELECT planned.client_id, planned.id, planned.kind, planned.state, planned.planned_at, planned.time_zone
            FROM course_sessions AS planned
            WHERE planned.client_id = clients.id AND planned.planned_at > :not_over AND planned.state = 'planned'
            ORDER BY planned.planned_at, planned.id
            LIMIT 1
        )
        ORDER BY state, planned_at, id  -- an open one first
        LIMIT 1
    ) AS ahead ON true
    LEFT JOIN LATERAL (
        SELECT count(*) AS pinned_lines FROM pinned_lines AS line
        WHERE line.client_id = clients.id AND line.settled_at IS NULL
          AND NOT EXISTS (SELECT FROM pinned_line_readings AS reading
                          WHERE reading.client_id = line.client_id AND reading.line_id = line.id
                            AND reading.reader_id = :caller)
    ) AS lines ON true
    LEFT JOIN unopened ON unopened.id = clients.id
""")
LATEST = text("""
    SELECT shown.id, latest.* FROM unnest(CAST(:clients AS uuid[])) AS shown (id)
    CROSS JOIN LATERAL (
        SELECT entry.felt_at, entry.local_date, entry.mood, entry.energy, entry.anxiety
        FROM check_ins AS entry
        WHERE entry.client_id = shown.id AND entry.visibility = 'therapist' AND entry.mood IS NOT NULL
        ORDER BY entry.felt_at DESC, entry.id DESC
        LIMIT 1
    ) AS latest
""")
SILENT = text("""
    SELECT dose.client_id FROM unnest(CAST(:clients AS uuid[]), CAST(:zeros AS timestamptz[])) AS dose (client_id, zero)
    WHERE NOT EXISTS (
        SELECT FROM check_ins AS entry
        WHERE entry.client_id = dose.client_id AND entry.visibility = 'therapist'
          AND entry.felt_at >= dose.zero AND entry.felt_at < dose.zero + CAST(:span AS interval)
    )
""")


async def find_facts(session: AsyncSession, caller: UUID, q: str, now: datetime, kept: KeptDays) -> list[Facts]:
    """A row for each client in care; `q` is a part of the name, in either case.

    Marks and moods are of one snapshot, and marks only of clients of whom the caller reads everything shared. So under
    an equal mark nothing else could be read now than what was kept.
    """
    today = now.astimezone(UTC).date()
    known = kept.of(caller, today)
    asked = {
        "q": q,
        "caller": caller,
        "today": today,
        "earliest": now - timedelta(days=DAYS) - WIDEST_OFFSET,
        "not_over": now - LATE,
        "kept": [days.mark for days in known.values()],
    }
    found = [facts_of(row, known) for row in await session.execute(FACTS, asked)]
    if not q:
        kept.keep(caller, today, {one.id: one.days for one in found if one.days.mark is not None})
    return found


def facts_of(row: Sequence[Any], known: Mapping[UUID, Days]) -> Facts:
    """Days that are known were not asked for."""
    *others, mark, ago, moods = row
    days = known.get(row[0])
    return Facts._make((*others, days if days and days.mark == mark else Days(mark, ago, moods)))


async def silent_since(session: AsyncSession, doses: Mapping[UUID, datetime], span: timedelta) -> set[UUID]:
    """Those of the clients who shared no check-in in the `span` after hour 0 of a dose."""
    if not doses:
        return set()
    asked = {"clients": list(doses), "zeros": list(doses.values()), "span": span}
    return set(await session.scalars(SILENT, asked))


async def latest_of(session: AsyncSession, clients: list[UUID]) -> dict[UUID, Row[Any]]:
    """The latest shared entry with a mood of each of the clients who has one."""
    found = await session.execute(LATEST, {"clients": clients})
    return {one.id: one for one in found}
