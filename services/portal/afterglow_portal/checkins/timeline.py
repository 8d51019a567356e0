"""Everything one noted, with its notes opened, in one answer of up to ten years: the hot path of reading."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from json.encoder import encode_basestring

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.sealing import DataKey, DataKeyStore
from afterglow_foundation.security_events.standing import NotArrived, refusal_of
from afterglow_foundation.single_statement import Found
from sqlalchemy import text

from afterglow_portal.checkins.content import CURRENT, binding
from afterglow_portal.checkins.cursor import Cursor
from afterglow_portal.sealing import find_key

MOST_ENTRIES = 4_000  # one a day for ten years, and some
LARGEST_ANSWER = 8 * 1024 * 1024  # characters, beyond which the rest is another page's
AT_A_TIME = 250  # entries, after which other requests have their turn: a few milliseconds

# Standing and rows in one statement under autocommit, as in RECORD (recording.py), which also says why the person is
# looked up through `context`. Each row comes as the JSON of a CheckInOut that lacks its note: decoding sixteen columns
# only to encode them again in Python cost half as much again as all the rest (decision 0033).
TIMELINE = text("""
    WITH context AS MATERIALIZED (
        SELECT CAST(set_config('app.person', :person, true) AS uuid) AS person, set_config('app.role', :role, true)
    ), asking AS MATERIALIZED (
        SELECT context.person, found.live, found.revoked
        FROM context CROSS JOIN LATERAL (
            SELECT people.disabled_at IS NULL AND people.role = :role AS live,
                   EXISTS (SELECT FROM revoked_sessions AS ended
                           WHERE ended.session_id = ANY(CAST(:rests_on AS uuid[]))
                             AND ended.person_id = people.id) AS revoked
            FROM people WHERE people.id = context.person LIMIT 1
        ) AS found
    )
    SELECT asking.live, asking.revoked, entry.*
    FROM asking LEFT JOIN LATERAL (
        SELECT id, felt_at, note,
            '{"id":"' || id || '","client_id":"' || client_id || '","mood":' || coalesce(CAST(mood AS text), 'null')
            || ',"energy":' || coalesce(CAST(energy AS text), 'null')
            || ',"anxiety":' || coalesce(CAST(anxiety AS text), 'null')
            || ',"items":' || items || ',"words":' || to_json(words) || ',"tags":' || to_json(tags)
            || ',"felt_at":' || rtrim(CAST(to_json(felt_at AT TIME ZONE 'UTC') AS text), '"') || 'Z"'
            || ',"entered_at":' || rtrim(CAST(to_json(entered_at AT TIME ZONE 'UTC') AS text), '"') || 'Z"'
            || ',"time_zone":"' || time_zone || '","local_date":"' || local_date || '","visibility":"' || visibility
            || '","back_dated":' || back_dated || ',"origin":"' || origin || '","version":' || version
            || ',"edited_at":'
            || coalesce(rtrim(CAST(to_json(edited_at AT TIME ZONE 'UTC') AS text), '"') || 'Z"', 'null')
            || ',"note":' AS said
        FROM check_ins
        WHERE client_id = asking.person AND erased_at IS NULL AND asking.live AND NOT asking.revoked
          AND (felt_at, id) < (CAST(:felt_at AS timestamptz), CAST(:id AS uuid))
        ORDER BY felt_at DESC, id DESC LIMIT :limit
    ) AS entry ON true
""")
FROM_THE_END = {"felt_at": datetime.max.replace(tzinfo=UTC), "id": "ffffffff-ffff-ffff-ffff-ffffffffffff"}


async def timeline(database: Database, keys: DataKeyStore, caller: Caller, after: str | None) -> str:
    """The caller's own check-ins as a CheckInPage in JSON, newest first, after the cursor's word.

    Raises InvalidInput for another word, SealBrokenError for a note that does not open, and what refuses a caller.
    """
    cursor = Cursor.decode(after) if after else None
    place = {"felt_at": cursor.felt_at, "id": cursor.id} if cursor else FROM_THE_END
    asked = RowContext.of(caller).parameters() | {"rests_on": caller.rests_on, "limit": MOST_ENTRIES + 1} | place
    rows = await database.single_statement(TIMELINE, asked)
    if not rows:
        raise NotArrived
    if problem := refusal_of(caller, revoked=rows[0].revoked, live=rows[0].live):
        raise problem
    if rows[0].id is None:
        return page([], None)
    return await written(rows, await key_of(database, keys, caller))


async def key_of(database: Database, keys: DataKeyStore, caller: Caller) -> DataKey:
    """The data key of a caller who has check-ins, as a rule without a question to the database."""
    if key := keys.remembered(caller.person):
        return key
    async with database.unit_of_work(RowContext.of(caller)) as session:
        if key := await find_key(keys, session, caller.person):
            return key
    raise LookupError("check-ins whose owner has no data key")


async def written(rows: Sequence[Found], key: DataKey) -> str:
    """Rows as JSON, some at a time, as many as one answer holds."""
    entries: list[str] = []
    size = 0
    for row in rows[:MOST_ENTRIES]:
        if size > LARGEST_ANSWER:
            break
        note = encode_basestring(key.open(row.note, binding(CURRENT, row.id, key.owner))) if row.note else "null"
        entries.append(f"{row.said}{note}}}")
        size += len(entries[-1])
        if not len(entries) % AT_A_TIME:
            await asyncio.sleep(0)
    last = rows[len(entries) - 1]
    return page(entries, Cursor(last.felt_at, last.id).encode() if len(entries) < len(rows) else None)


def page(entries: Sequence[str], cursor: str | None) -> str:
    return f'{{"items":[{",".join(entries)}],"next":{json.dumps(cursor)}}}'
