"""Record a check-in, exactly once: the hot path."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from afterglow_foundation.audit import event_values
from afterglow_foundation.callers import Caller
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.errors import Conflict, InvalidInput
from afterglow_foundation.sealing import DataKey, DataKeyStore
from afterglow_foundation.security_events.standing import NotArrived, refusal_of
from afterglow_foundation.single_statement import Found
from sqlalchemy import select, text
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.checkins.content import acknowledged, columns_of
from afterglow_portal.checkins.models import CheckIn
from afterglow_portal.checkins.rules import broken_rules
from afterglow_portal.checkins.schemas import CheckInBody, CheckInOut, Origin
from afterglow_portal.course.impairment import until_morning
from afterglow_portal.people.policy import STANDINGS
from afterglow_portal.visibility import Visibility

# One statement under autocommit is its own transaction: row context, live account and session, row and audit event in
# one round trip. DESIGN §7 measured 0.57-0.64 of a bare INSERT for it, and 0.44-0.47 in an explicit transaction.
# The person is looked up through `context`, behind LIMIT, and the session through the person: so no plan can look
# before the context is set, when row-level security would hide that a session is over.
# The first check-in after the newest reminder answers it: its row is locked, so that of two at once one does.
STATEMENT = """
    WITH context AS MATERIALIZED (
        SELECT CAST(set_config('app.person', :person, true) AS uuid) AS person, set_config('app.role', :role, true)
    ), asking AS MATERIALIZED (
        SELECT context.person, found.live, found.revoked, found.impaired
        FROM context CROSS JOIN LATERAL (
            SELECT people.disabled_at IS NULL AND people.role = :role AS live,
                   EXISTS (SELECT FROM revoked_sessions AS ended
                           WHERE ended.session_id = ANY(CAST(:rests_on AS uuid[]))
                             AND ended.person_id = people.id) AS revoked,
                   CASE WHEN CAST(:shared_now AS boolean) THEN impaired_until(people.id) IS NOT NULL ELSE false END
                       AS impaired
            FROM people WHERE people.id = context.person LIMIT 1
        ) AS found
    ), prompt AS MATERIALIZED (
        SELECT open.client_id, open.id FROM asking CROSS JOIN LATERAL (
            SELECT latest.client_id, latest.id, latest.answered_by FROM prompts AS latest
            WHERE latest.client_id = asking.person AND latest.answered_by IS NULL
              AND latest.sent_at <= CAST(:entered_at AS timestamptz)
              AND latest.expires_at > CAST(:entered_at AS timestamptz)
              AND NOT EXISTS (SELECT FROM prompts AS later
                              WHERE later.client_id = latest.client_id AND later.sent_at > latest.sent_at
                                AND later.sent_at <= CAST(:entered_at AS timestamptz))
            LIMIT 1 FOR UPDATE OF latest
        ) AS open
        WHERE asking.live AND NOT asking.revoked AND NOT asking.impaired AND NOT CAST(:back_dated AS boolean)
    ), entry AS (
        INSERT INTO check_ins (client_id, id, mood, energy, anxiety, items, words, tags, note, felt_at, entered_at,
                               time_zone, local_date, visibility, back_dated, origin, version, body_digest{column})
        SELECT asking.person, CAST(:id AS uuid), CAST(:mood AS float8), CAST(:energy AS float8),
               CAST(:anxiety AS float8), CAST(:items AS jsonb), CAST(:words AS text[]), CAST(:tags AS text[]),
               CAST(:note AS bytea), CAST(:felt_at AS timestamptz), CAST(:entered_at AS timestamptz),
               CAST(:time_zone AS text), CAST(:local_date AS date), CAST(:visibility AS text),
               CAST(:back_dated AS boolean),
               CASE WHEN EXISTS (SELECT FROM prompt) THEN 'prompted' ELSE 'spontaneous' END, 1,
               CAST(:body_digest AS bytea){value}
        FROM asking WHERE asking.live AND NOT asking.revoked AND NOT asking.impaired
        ON CONFLICT DO NOTHING RETURNING client_id, id, origin
    ), answered AS (
        UPDATE prompts SET answered_by = entry.id FROM entry, prompt
        WHERE prompts.client_id = entry.client_id AND prompts.id = prompt.id
    ), event AS (
        INSERT INTO audit_events (id, at, actor_id, actor_role, subject_id, action, object_id, purpose, outcome,
                                  session_id, request_id)
        SELECT CAST(:event_id AS uuid), CAST(:event_at AS timestamptz), CAST(:event_actor_id AS uuid),
               CAST(:event_actor_role AS text), entry.client_id, CAST(:event_action AS text), entry.id,
               CAST(:event_purpose AS text), CAST(:event_outcome AS text), CAST(:event_session_id AS uuid),
               CAST(:event_request_id AS text)
        FROM entry
    )
    SELECT asking.live, asking.revoked, asking.impaired, EXISTS (SELECT FROM entry) AS created,
           (SELECT origin FROM entry) AS origin
    FROM asking
"""
WAITS_FOR = """,
               CASE WHEN CAST(:visibility AS text) = 'next_session' THEN ARRAY(
                   SELECT care.therapist_id FROM care_relationships AS care
                   WHERE care.client_id = asking.person AND care.started_at <= CAST(:entered_at AS timestamptz)
                     AND (care.ended_at IS NULL OR care.ended_at > CAST(:entered_at AS timestamptz)))
               END
"""
RECORD = text(STATEMENT.format(column="", value=""))
# With the names of whom it waits for, for what is kept for the next session: nothing else pays for the look-up.
RECORD_WAITING = text(STATEMENT.format(column=", waits_for", value=WAITS_FOR))


@dataclass(frozen=True, slots=True)
class Arrival:
    """A body on its way into the table; `digest` is the keyed digest of its canonical form."""

    id: UUID
    body: CheckInBody
    entered_at: datetime
    digest: bytes


@dataclass(frozen=True, slots=True)
class Recorded:
    """The answer, and whether this request is the one that stored it."""

    created: bool
    check_in: CheckInOut


async def record(
    database: Database, keys: DataKeyStore, caller: Caller, check_in_id: UUID, body: CheckInBody
) -> Recorded:
    """Store `body` under the caller's own `check_in_id`, or find that it was stored before.

    Raises InvalidInput, also for sharing it after a dose, Conflict when another body was stored under this id,
    SessionRevoked and AccountClosed for who may not act any more, and NotArrived for a person not known here yet.
    """
    key = keys.remembered(caller.person) or await make_key(database, keys, caller)
    arrival = Arrival(check_in_id, body, datetime.now(UTC), key.digest(body.canonical()))
    if wrong := broken_rules(body, arrival.entered_at):
        # A repeated body was in time when it was acknowledged; it is not too late for the same answer.
        if again := await replayed(database, caller, arrival):
            return again
        raise InvalidInput(errors=wrong)
    outcome = await insert(database, caller, arrival, key)
    if outcome.created:
        return answered(caller, arrival, arrival.entered_at, Origin(outcome.origin), created=True)
    # Only now is the other row sure to be seen: in a race it was committed after our statement began.
    if again := await replayed(database, caller, arrival):
        return again
    if outcome.impaired:
        raise InvalidInput(errors=[until_morning()])
    raise Conflict


async def insert(database: Database, caller: Caller, arrival: Arrival, key: DataKey) -> Found:
    """Run the statement; not `created` when a check-in of this id is there already, or while nothing is shared."""
    event = event_values(caller, AuditAction.check_in_created)
    values = RowContext.of(caller).parameters() | parameters(arrival, key, event)
    values |= {"rests_on": caller.rests_on, "shared_now": arrival.body.visibility == Visibility.therapist}
    waiting = arrival.body.visibility == Visibility.next_session
    rows = await database.single_statement(RECORD_WAITING if waiting else RECORD, values)
    if not rows:
        raise NotArrived
    if problem := refusal_of(caller, revoked=rows[0].revoked, live=rows[0].live):
        raise problem
    return rows[0]


def parameters(arrival: Arrival, key: DataKey, event: dict[str, Any]) -> dict[str, Any]:
    """The values of the statement, apart from `person` and `role`; the event's person and object come from the row."""
    columns = columns_of(arrival.body, arrival.id, arrival.entered_at, key)
    values = columns | {
        "id": arrival.id,
        "items": json.dumps(columns["items"]),
        "entered_at": arrival.entered_at,
        "body_digest": arrival.digest,
    }
    return values | {f"event_{name}": value for name, value in event.items()}


async def make_key(database: Database, keys: DataKeyStore, caller: Caller) -> DataKey:
    """The caller's data key from the database, made in a transaction of its own if there is none."""
    async with database.unit_of_work(RowContext.of(caller)) as session:
        await STANDINGS.refuse_unless_live(session, caller)
        key = await keys.find_or_make(session, caller.person)
    keys.remember(key)
    return key


async def replayed(database: Database, caller: Caller, arrival: Arrival) -> Recorded | None:
    """The first answer, if this very body was acknowledged under this id: an edit since does not change it."""
    async with database.unit_of_work(RowContext.of(caller)) as session:
        await STANDINGS.refuse_unless_live(session, caller)
        found = await session.execute(
            select(col(CheckIn.body_digest), col(CheckIn.entered_at), col(CheckIn.origin)).where(
                col(CheckIn.client_id) == caller.person, col(CheckIn.id) == arrival.id
            )
        )
        first = found.one_or_none()
    if first is None or first.body_digest != arrival.digest:
        return None
    return answered(caller, arrival, first.entered_at, Origin(first.origin), created=False)


def answered(caller: Caller, arrival: Arrival, entered_at: datetime, origin: Origin, *, created: bool) -> Recorded:
    answer = acknowledged(
        arrival.body, check_in_id=arrival.id, client_id=caller.person, entered_at=entered_at, origin=origin
    )
    return Recorded(created=created, check_in=answer)
