"""The hot path of delivery: one statement that judges the reader, finds what is new to them and tells the audit of it.

It runs for each party of each message that is sent while they look. Against the same work through the session (context,
reader, snapshot, messages, events: five round trips and a transaction around them) it saves four round trips and the
BEGIN and COMMIT: a message sent and delivered took half the processor time (decision 0010).
"""

from typing import Any

from afterglow_foundation.audit import event_values
from afterglow_foundation.callers import Caller
from afterglow_foundation.database import RowContext
from sqlalchemy import text

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.messages.cursor import Cursor

PURPOSE = "live"  # tells these readings from the opening of a conversation

# What is exact are the two lines with pg_visible_in_snapshot; `oldest` lets the index (conversation_id, stored_in)
# leave out whatever is older than the cursor. It is worked out in `context`: a function that is not leakproof, as part
# of the condition, row-level security would keep from the index. As in `storing.py` everything must run after
# `context`, and LIMIT keeps the LATERAL parts from being merged with the rest. One row too many says that there is
# more; it is not delivered, so it is not told of either.
FETCH = text("""
    WITH context AS MATERIALIZED (
        SELECT CAST(set_config('app.person', :person, true) AS uuid) AS person,
               set_config('app.role', :role, true) AS role,
               pg_current_snapshot() AS present,
               CAST(CAST(:since AS text) AS pg_snapshot) AS since,
               pg_snapshot_xmin(CAST(CAST(:since AS text) AS pg_snapshot)) AS oldest,
               coalesce(CAST(CAST(:until AS text) AS pg_snapshot), pg_current_snapshot()) AS until,
               CAST(:place_conversation AS uuid) AS place_conversation,
               CAST(:place_sequence AS bigint) AS place_sequence
    ), reader AS MATERIALIZED (
        SELECT context.* FROM context CROSS JOIN LATERAL (
            SELECT FROM people
            WHERE people.id = context.person AND people.role = context.role AND people.disabled_at IS NULL
              AND NOT EXISTS (SELECT FROM revoked_sessions AS ended
                              WHERE ended.session_id = ANY(CAST(:rests_on AS uuid[]))
                                AND ended.person_id = context.person)
            LIMIT 1
        ) AS live
    ), fresh AS MATERIALIZED (
        SELECT found.*, row_number() OVER (ORDER BY found.conversation_id, found.sequence) AS number
        FROM reader CROSS JOIN LATERAL (
            SELECT conversation.client_id, messages.conversation_id, messages.id, messages.sequence,
                   messages.sender_id, messages.sealed_text, messages.reply_to, messages.sent_at,
                   messages.corrections, messages.corrected_at, messages.withdrawn_at,
                   version.sealed_text AS sealed_version,
                   EXISTS (SELECT FROM attachments
                           WHERE attachments.conversation_id = messages.conversation_id
                             AND attachments.message_id = messages.id) AS carries
            FROM conversations AS conversation
            JOIN messages ON messages.conversation_id = conversation.id
            LEFT JOIN message_versions AS version
              ON version.conversation_id = messages.conversation_id AND version.message_id = messages.id
                 AND version.number = messages.corrections AND messages.corrections > 0
            WHERE (reader.role = 'client' AND conversation.client_id = reader.person
                   OR reader.role = 'therapist'
                   AND (conversation.therapist_id = reader.person OR conversation.therapist_id IS NULL)
                   AND EXISTS (SELECT FROM care_relationships AS care
                               WHERE care.client_id = conversation.client_id
                                 AND care.therapist_id = reader.person
                                 AND care.started_at <= now()
                                 AND (care.ended_at IS NULL OR care.ended_at > now() - interval '14 days')))
              AND messages.stored_in >= reader.oldest
              AND NOT pg_visible_in_snapshot(messages.stored_in, reader.since)
              AND pg_visible_in_snapshot(messages.stored_in, reader.until)
              AND (reader.place_conversation IS NULL
                   OR (messages.conversation_id, messages.sequence)
                      > (reader.place_conversation, reader.place_sequence))
            ORDER BY messages.conversation_id, messages.sequence
            LIMIT CAST(:limit AS integer) + 1
        ) AS found
    ), told AS (
        INSERT INTO audit_events (id, at, actor_id, actor_role, subject_id, action, object_id, purpose, outcome,
                                  session_id, request_id)
        SELECT uuidv7(), :event_at, :event_actor_id, :event_actor_role, client_id, :event_action, conversation_id,
               :event_purpose, :event_outcome, :event_session_id, :event_request_id
        FROM (SELECT DISTINCT conversation_id, client_id FROM fresh WHERE number <= CAST(:limit AS integer)) AS read
    )
    SELECT CAST(reader.present AS text) AS present, CAST(reader.until AS text) AS until, fresh.*
    FROM reader LEFT JOIN fresh ON true
    ORDER BY fresh.number
""")


def parameters(caller: Caller, cursor: Cursor, limit: int) -> dict[str, Any]:
    """The values of FETCH.

    It answers a row for each message, one without a message where there is none, and none for a caller who is not live.
    """
    event = event_values(caller, AuditAction.messages_read, purpose=PURPOSE)
    return {
        **RowContext.of(caller).parameters(),
        "rests_on": caller.rests_on,
        **{f"event_{name}": value for name, value in event.items() if name not in {"id", "object_id", "subject_id"}},
        "since": cursor.since.text,
        "until": cursor.until.text if cursor.until else None,
        "place_conversation": cursor.place.conversation_id if cursor.place else None,
        "place_sequence": cursor.place.sequence if cursor.place else None,
        "limit": limit,
    }
