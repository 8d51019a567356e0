"""The practice's settings, of which the office hours are read here, and how soon a therapist's answers came so far."""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0017"
branch_labels = None
depends_on = None

APP, WORKER, OWNER = "messaging_app", "messaging_worker", "messaging_owner"
# What the function may see as its owner: the caller's care, their therapists' conversations, and who wrote when.
SEEN = {
    "care_relationships": f"{PERSON} IN (client_id, therapist_id)",
    "conversations": """EXISTS (
        SELECT FROM care_relationships AS care WHERE care.therapist_id = conversations.therapist_id
    )""",
    "messages": f"{PERSON} IS NOT NULL AND sent_at > now() - interval '10 weeks'",
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_practice()
    for table, rows in SEEN.items():
        op.execute(f"CREATE POLICY {table}_select_{OWNER} ON {table} FOR SELECT TO {OWNER} USING ({rows})")
    create_answering_times()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP FUNCTION answering_times(uuid)")
    for table in SEEN:
        op.execute(f"DROP POLICY {table}_select_{OWNER} ON {table}")
    op.drop_table("practice")


def create_practice() -> None:
    op.create_table(
        "practice",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", JSONB, nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
    )
    every = ("SELECT", "INSERT", "UPDATE", "DELETE")
    secure_rows("practice", {("SELECT", APP): "true", **{(command, WORKER): "true" for command in every}})


def create_answering_times() -> None:
    """Two coarse figures for a party of an open conversation: hours in which half of the answers came, and nine in ten.

    A wait begins with the first that a client writes after their therapist, or after three days without a word, and
    ends with the therapist's next message. What was never answered is none: a thank-you asks for nothing. Of the
    therapist's fifty liveliest conversations the last hundred messages each are looked at, so it costs the same after
    ten years. Others' count only from five conversations with ten answers on; else the caller's own, from five.
    """
    op.execute(f"""
        CREATE FUNCTION answering_times(conversation uuid)
        RETURNS TABLE (half_within integer, nine_in_ten_within integer)
        LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp BEGIN ATOMIC
            WITH asked AS MATERIALIZED (
                SELECT own.id, own.therapist_id FROM conversations AS own
                WHERE own.id = conversation
                  AND ({ROLE} = 'client' AND own.client_id = {PERSON}
                       OR {ROLE} = 'therapist' AND own.therapist_id = {PERSON})
                  AND EXISTS (
                    SELECT FROM care_relationships AS care
                    WHERE care.client_id = own.client_id AND care.therapist_id = own.therapist_id
                      AND care.started_at <= now() AND (care.ended_at IS NULL OR care.ended_at > now()))
            ), liveliest AS MATERIALIZED (
                SELECT one.id, one.client_id, one.last_sequence - 100 AS looked_at_from, one.id = asked.id AS own
                FROM asked JOIN conversations AS one ON one.therapist_id = asked.therapist_id
                WHERE one.last_message_at > now() - interval '10 weeks'
                ORDER BY one.id = asked.id DESC, one.last_message_at DESC LIMIT 50
            ), written AS (
                SELECT one.id, one.own, message.sequence, message.sent_at,
                       message.sender_id = one.client_id AS by_client
                FROM liveliest AS one
                JOIN messages AS message ON message.conversation_id = one.id
                 AND message.sequence > one.looked_at_from
                WHERE message.withdrawn_at IS NULL
            ), in_turn AS (
                SELECT written.*, lag(by_client) OVER before AS after_client, lag(sent_at) OVER before AS sent_before
                FROM written WINDOW before AS (PARTITION BY id ORDER BY sequence)
            ), waits AS (
                SELECT in_turn.*, max(sent_at) FILTER (
                    WHERE by_client AND (after_client IS NOT TRUE OR sent_at > sent_before + interval '3 days')
                ) OVER (PARTITION BY id ORDER BY sequence) AS began_at
                FROM in_turn
            ), answered AS MATERIALIZED (
                SELECT id, own, sent_at - began_at AS waited FROM waits
                WHERE NOT by_client AND after_client AND sent_at > now() - interval '8 weeks'
            ), counted AS (
                SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY waited) AS half,
                       percentile_disc(0.9) WITHIN GROUP (ORDER BY waited) AS nine_in_ten
                FROM answered
                WHERE own OR (SELECT count(*) >= 10 AND count(DISTINCT id) >= 5 FROM answered)
                HAVING count(*) >= 5
            )
            SELECT min(step) FILTER (WHERE counted.half <= make_interval(hours => step)),
                   min(step) FILTER (WHERE counted.nine_in_ten <= make_interval(hours => step))
            FROM counted CROSS JOIN unnest(ARRAY[1, 2, 4, 8, 24, 48, 72, 168]) AS step
            GROUP BY counted.half;
        END
    """)  # noqa: S608  # constants of ours
    op.execute("REVOKE EXECUTE ON FUNCTION answering_times(uuid) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION answering_times(uuid) TO {APP}")
