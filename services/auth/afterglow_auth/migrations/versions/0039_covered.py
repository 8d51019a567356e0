"""A cover's grant says for whom it stands in; those that there are say so now, and are told anew."""

import sqlalchemy as sa
from afterglow_foundation.security_events.events import EventType
from alembic import op

revision = "0039"
down_revision = "0037"
branch_labels = None
depends_on = None

OF_COVERS = "UPDATE grants SET covered_id = covers.therapist_id FROM covers WHERE covers.id = grants.cover_id"
# As `events/outbox.py` tells them: under the lock that keeps an event from falling beside a new receiver's snapshot.
TELL_ANEW = f"""
    WITH held AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(hashtext('afterglow security events'))),
    now AS MATERIALIZED (SELECT clock_timestamp() AS at FROM held),
    told AS (
        INSERT INTO security_events (id, type, subject_id, payload, occurred_at)
        SELECT uuidv7(), '{EventType.grant}', grants.id,
               jsonb_build_object('id', grants.id, 'as_of', now.at, 'kind', kind, 'client_id', client_id,
                                  'therapist_id', therapist_id, 'covered_id', covered_id, 'reason_code', NULL,
                                  'starts_at', starts_at, 'ends_at', ends_at), now.at
        FROM grants CROSS JOIN now
        WHERE kind = 'cover' AND EXISTS (SELECT FROM event_receivers)
        RETURNING id
    )
    INSERT INTO event_deliveries (receiver, event_id)
    SELECT client_id, told.id FROM told CROSS JOIN event_receivers
    WHERE status <> 'disabled' AND (events_requested IS NULL OR '{EventType.grant}' = ANY (events_requested))
"""  # noqa: S608  # constants of ours
OPENED = ("covers", "grants", "security_events", "event_deliveries", "event_receivers")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_unique_constraint("uq_covers_id_therapist_id", "covers", ["id", "therapist_id"])
    op.add_column("grants", sa.Column("covered_id", sa.Uuid))
    force("NO FORCE")  # else their owner sees none of the rows
    op.execute(OF_COVERS)
    op.execute(TELL_ANEW)
    force("FORCE")
    op.create_check_constraint("covers_somebody", "grants", "(kind = 'cover') = (covered_id IS NOT NULL)")
    op.create_foreign_key(
        "fk_grants_cover_id_covered_id", "grants", "covers", ["cover_id", "covered_id"], ["id", "therapist_id"]
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint("fk_grants_cover_id_covered_id", "grants")
    op.drop_constraint(op.f("ck_grants_covers_somebody"), "grants")
    op.drop_column("grants", "covered_id")
    op.drop_constraint("uq_covers_id_therapist_id", "covers")


def force(how: str) -> None:
    for table in OPENED:
        op.execute(f"ALTER TABLE {table} {how} ROW LEVEL SECURITY")
