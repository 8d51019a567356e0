"""The hot path: one statement that judges, numbers, stores, audits and announces a message, as its own transaction.

Against the same work through the session (context, checks, number, row, event, wake-up: six round trips and a
transaction around them) it saves five round trips and the BEGIN and COMMIT.
"""

from typing import Any

from afterglow_foundation.audit import event_values
from afterglow_foundation.callers import Caller
from afterglow_foundation.database import RowContext
from sqlalchemy import text

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.messages.models import Message

# Row-level security reads what `context` sets, so everything must run after it, whatever the planner thinks best:
# - OFFSET 0 keeps the LATERAL part from being merged with the rest, so it runs once `context` has given its row;
# - the counter is raised by ON CONFLICT, which finds its row by the id handed on, where an UPDATE would be a join.
# The wake-up (`live/waking.py`) is in the last part because nothing else is sure to run; it goes out with the commit.
# The row lock taken there puts two senders in line; a message that cannot be stored takes its number back with it.
STORE = text("""
    WITH context AS MATERIALIZED (
        SELECT CAST(set_config('app.person', :person, true) AS uuid) AS person,
               set_config('app.role', :role, true) AS role,
               CAST(:conversation_id AS uuid) AS conversation_id,
               CAST(:message_id AS uuid) AS message_id,
               CAST(:reply_to AS uuid) AS reply_to
    ), writable AS (
        SELECT found.* FROM context CROSS JOIN LATERAL (
            SELECT conversation.id, conversation.client_id, conversation.therapist_id, conversation.created_at
            FROM conversations AS conversation
            WHERE conversation.id = context.conversation_id
              AND EXISTS (SELECT FROM people
                          WHERE people.id = context.person AND people.role = context.role
                            AND people.disabled_at IS NULL)
              AND NOT EXISTS (SELECT FROM revoked_sessions AS ended
                              WHERE ended.session_id = ANY(CAST(:rests_on AS uuid[]))
                                AND ended.person_id = context.person)
              AND EXISTS (SELECT FROM care_relationships AS care
                          WHERE care.client_id = conversation.client_id
                            AND (care.therapist_id = conversation.therapist_id
                                 OR conversation.therapist_id IS NULL
                                 AND (context.role = 'client' OR care.therapist_id = context.person)
                                 AND EXISTS (SELECT FROM practice
                                             WHERE practice.document @> '{"care_team_conversations": true}'))
                            AND care.started_at <= now() AND (care.ended_at IS NULL OR care.ended_at > now()))
              AND NOT EXISTS (SELECT FROM messages
                              WHERE messages.conversation_id = conversation.id AND messages.id = context.message_id)
              AND (context.reply_to IS NULL
                   OR EXISTS (SELECT FROM messages
                              WHERE messages.conversation_id = conversation.id AND messages.id = context.reply_to))
            OFFSET 0
        ) AS found
    ), numbered AS (
        INSERT INTO conversations AS kept (id, client_id, therapist_id, created_at, last_sequence, last_message_at)
        SELECT id, client_id, therapist_id, created_at, 1, :sent_at FROM writable
        ON CONFLICT (id) DO UPDATE
            SET last_sequence = kept.last_sequence + 1, last_message_at = excluded.last_message_at
        RETURNING kept.id, kept.client_id, kept.therapist_id, kept.last_sequence
    ), stored AS (
        INSERT INTO messages (conversation_id, id, sequence, sender_id, sealed_text, digest, reply_to, sent_at)
        SELECT id, :message_id, last_sequence, :event_actor_id, :sealed_text, :digest, :reply_to, :sent_at
        FROM numbered
    ), told AS (
        INSERT INTO audit_events (id, at, actor_id, actor_role, subject_id, action, object_id, purpose, outcome,
                                  session_id, request_id)
        SELECT :event_id, :event_at, :event_actor_id, :event_actor_role, client_id, :event_action, :message_id,
               :event_purpose, :event_outcome, :event_session_id, :event_request_id
        FROM numbered
    )
    SELECT last_sequence, pg_notify('live', CAST(json_build_object(
        'conversation', id,
        'people', CASE WHEN therapist_id IS NULL THEN (
            SELECT json_agg(person) FROM (
                SELECT client_id AS person
                UNION SELECT member.therapist_id FROM care_team(client_id) AS member
                WHERE member.ended_at IS NULL OR member.ended_at > now()
            ) AS team
        ) ELSE json_build_array(client_id, therapist_id) END
    ) AS text))
    FROM numbered
""")


def parameters(caller: Caller, message: Message, *, purpose: str | None = None) -> dict[str, Any]:
    """The values of STORE for a message whose number is not known yet."""
    event = event_values(caller, AuditAction.message_sent, object_id=message.id, purpose=purpose)
    return {
        **RowContext.of(caller).parameters(),
        "rests_on": caller.rests_on,
        **{f"event_{name}": value for name, value in event.items() if name not in {"object_id", "subject_id"}},
        **message.model_dump(include={"conversation_id", "sealed_text", "digest", "reply_to", "sent_at"}),
        "message_id": message.id,
    }
