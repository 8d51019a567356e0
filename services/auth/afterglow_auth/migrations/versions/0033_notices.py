"""Quiet hours of everybody, and the notices that services hand over, with what became of each.

A notice is found by the service that handed it over, and by the worker that delivers it; nobody signed in reads one.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
APP, WORKER = "auth_app", "auth_worker"
OVER = "expires_at < now() - interval '30 days'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("people", sa.Column("quiet_from", sa.Time, server_default="22:00"))
    op.add_column("people", sa.Column("quiet_until", sa.Time, server_default="08:00"))
    whole = "(quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from IS DISTINCT FROM quiet_until"
    op.create_check_constraint("quiet_hours", "people", f"quiet_from IS NULL AND quiet_until IS NULL OR {whole}")
    op.execute(f"GRANT UPDATE (quiet_from, quiet_until) ON people TO {APP}")
    create_notices()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("notices")
    op.drop_column("people", "quiet_until")
    op.drop_column("people", "quiet_from")


def create_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("service", sa.String, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("person_id", sa.Uuid, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("not_before", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False, index=True),
        sa.Column("taken_at", INSTANT, nullable=False),
        sa.Column("send_at", INSTANT, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("sent_at", INSTANT),
        sa.CheckConstraint("state IN ('waiting', 'sending', 'sent', 'unsent')", name="state"),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        sa.CheckConstraint("(state = 'unsent') = (reason IS NOT NULL)", name="unsent"),
        sa.CheckConstraint("not_before < expires_at", name="in_order"),
    )
    by_service = f"{ROLE} = 'service' AND {PERSON} IS NULL"
    secure_rows(
        "notices",
        {
            ("SELECT", APP): f"({by_service}) OR {OVER}",
            ("INSERT", APP): by_service,
            ("DELETE", APP): OVER,
            ("SELECT", WORKER): "true",
            ("UPDATE", WORKER): "true",
        },
    )
