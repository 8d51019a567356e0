"""Security events: who is told, what happened, and what each has still to be told.

App and worker both publish; only the app, which answers polls, reads and acknowledges. What it may delete is what has
been told, and a receiver that was not heard of for a week.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import secure_rows
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APP, WORKER = "auth_app", "auth_worker"
GONE = "heard_at < now() - interval '7 days'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_receivers()
    create_events()
    create_deliveries()
    secure()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP POLICY security_events_delete_auth_app ON security_events")  # it names the deliveries
    for table in ("event_deliveries", "security_events", "event_receivers"):
        op.drop_table(table)


def create_receivers() -> None:
    op.create_table(
        "event_receivers",
        sa.Column("client_id", sa.String, sa.ForeignKey("oauth_clients.client_id"), primary_key=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
    )


def create_events() -> None:
    op.create_table(
        "security_events",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.Column("session_id", sa.Uuid),
        sa.Column("payload", JSONB, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
    )


def create_deliveries() -> None:
    op.create_table(
        "event_deliveries",
        sa.Column("receiver", sa.String, sa.ForeignKey("event_receivers.client_id"), primary_key=True),
        sa.Column("event_id", sa.Uuid, sa.ForeignKey("security_events.id"), primary_key=True, index=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
        sa.Column("error_code", sa.String),
        sa.Column("error_description", sa.String),
    )
    op.create_index(
        "ix_event_deliveries_waiting",
        "event_deliveries",
        ["receiver", "event_id"],
        postgresql_where=sa.text("acknowledged_at IS NULL"),
    )


def secure() -> None:
    secure_rows(
        "event_receivers",
        {
            **{(command, APP): "true" for command in ("SELECT", "INSERT", "UPDATE")},
            ("DELETE", APP): GONE,
            ("SELECT", WORKER): "true",
        },
    )
    told = "NOT EXISTS (SELECT FROM event_deliveries WHERE event_deliveries.event_id = security_events.id)"
    secure_rows(
        "security_events",
        {("SELECT", APP): "true", ("INSERT", APP): "true", ("DELETE", APP): told, ("INSERT", WORKER): "true"},
    )
    of_gone = f"EXISTS (SELECT FROM event_receivers WHERE client_id = receiver AND {GONE})"
    secure_rows(
        "event_deliveries",
        {
            **{(command, APP): "true" for command in ("SELECT", "INSERT", "UPDATE")},
            ("DELETE", APP): f"acknowledged_at IS NOT NULL OR {of_gone}",
            ("INSERT", WORKER): "true",
        },
    )
    op.execute(f"REVOKE UPDATE ON event_deliveries FROM {APP}")  # what was published stays as it was
    op.execute(f"GRANT UPDATE (acknowledged_at, error_code, error_description) ON event_deliveries TO {APP}")
