"""Web push: how everybody's notices come, their browsers, and what became of each notice at each of them.

A subscription is its person's alone; the worker that rings reads all, and deletes what is gone or what has ended.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, secure_rows
from alembic import op

revision = "0037"
down_revision = "0035"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
APP, WORKER = "auth_app", "auth_worker"
STATES = "state IN ('waiting', 'sending', 'sent', 'unsent')"
PUSHING = "state IN ('waiting', 'pushing', 'sending', 'sent', 'unsent')"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("people", sa.Column("notice_way", sa.String, nullable=False, server_default="mail"))
    op.create_check_constraint("notice_way", "people", "notice_way IN ('both', 'mail', 'push')")
    op.execute(f"GRANT UPDATE (notice_way) ON people TO {APP}")
    op.drop_constraint(op.f("ck_notices_state"), "notices")
    op.create_check_constraint("state", "notices", PUSHING)
    create_subscriptions()
    create_deliveries()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("push_deliveries")
    op.drop_table("push_subscriptions")
    op.execute("UPDATE notices SET state = 'unsent', reason = 'unclear' WHERE state = 'pushing'")
    op.drop_constraint(op.f("ck_notices_state"), "notices")
    op.create_check_constraint("state", "notices", STATES)
    op.drop_column("people", "notice_way")


def create_subscriptions() -> None:
    op.create_table(
        "push_subscriptions",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("person_id", sa.Uuid, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("key_version", sa.Integer, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.UniqueConstraint("person_id", "digest"),
    )
    own = f"{PERSON} = person_id"
    secure_rows(
        "push_subscriptions",
        {
            ("SELECT", APP): own,
            ("INSERT", APP): own,
            ("DELETE", APP): own,
            ("SELECT", WORKER): "true",
            ("DELETE", WORKER): "true",
        },
    )


def create_deliveries() -> None:
    op.create_table(
        "push_deliveries",
        sa.Column("service", sa.String, primary_key=True),
        sa.Column("notice_id", sa.Uuid, primary_key=True),
        sa.Column("subscription_id", sa.Uuid, primary_key=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("sent_at", INSTANT),
        sa.ForeignKeyConstraint(["service", "notice_id"], ["notices.service", "notices.id"], ondelete="CASCADE"),
        sa.CheckConstraint(STATES, name="state"),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        sa.CheckConstraint("(state = 'unsent') = (reason IS NOT NULL)", name="unsent"),
    )
    secure_rows(
        "push_deliveries",
        {("SELECT", WORKER): "true", ("INSERT", WORKER): "true", ("UPDATE", WORKER): "true"},
    )
