"""Streams of security events: what each receiver asked for, whether it is told now, and when that was verified.

Who was registered before has a stream that tells everything. The app may delete one that is disabled.

`stream_id` and `status` keep their defaults for one release: an auth of before, which still runs while this is
migrated, registers receivers without them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

APP = "auth_app"
GONE = "heard_at < now() - interval '7 days'"
POLICY = f"event_receivers_delete_{APP}"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    made = sa.Column("stream_id", sa.Uuid, nullable=False, server_default=sa.text("gen_random_uuid()"))
    op.add_column("event_receivers", made)
    op.create_unique_constraint(None, "event_receivers", ["stream_id"])
    op.add_column("event_receivers", sa.Column("status", sa.String, nullable=False, server_default="enabled"))
    for name in ("reason", "description"):
        op.add_column("event_receivers", sa.Column(name, sa.String))
    op.add_column("event_receivers", sa.Column("events_requested", sa.ARRAY(sa.String)))
    for name in ("verification_asked_at", "verified_at"):
        op.add_column("event_receivers", sa.Column(name, sa.DateTime(timezone=True)))
    op.execute(f"ALTER POLICY {POLICY} ON event_receivers USING (status = 'disabled' OR {GONE})")
    op.execute(
        "ALTER POLICY event_deliveries_delete_auth_app ON event_deliveries USING (acknowledged_at IS NOT NULL OR "
        f"EXISTS (SELECT FROM event_receivers WHERE client_id = receiver AND (status = 'disabled' OR {GONE})))"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(
        "ALTER POLICY event_deliveries_delete_auth_app ON event_deliveries USING (acknowledged_at IS NOT NULL OR "
        f"EXISTS (SELECT FROM event_receivers WHERE client_id = receiver AND {GONE}))"
    )
    op.execute(f"ALTER POLICY {POLICY} ON event_receivers USING ({GONE})")
    op.drop_constraint("uq_event_receivers_stream_id", "event_receivers")
    for name in (
        "verified_at", "verification_asked_at", "events_requested", "description", "reason", "status", "stream_id",
    ):  # fmt: skip
        op.drop_column("event_receivers", name)
