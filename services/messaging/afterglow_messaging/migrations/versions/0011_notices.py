"""Whether somebody is told of messages that wait, the ledger of notices, and what the worker must know for it.

That is who wrote when and how far each has read: nothing of what was written.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, secure_rows
from alembic import op

revision = "0011"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
APP, WORKER = "messaging_app", "messaging_worker"
OWN = f"person_id = {PERSON}"
PLANNED_FROM = {
    "conversations": ("last_message_at > now() - interval '7 days'", "id, client_id, therapist_id, last_message_at"),
    "messages": ("sent_at > now() - interval '7 days'", "conversation_id, sequence, sender_id, sent_at"),
    "read_marks": ("true", "conversation_id, person_id, sequence, marked_at"),
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_choices()
    create_notices()
    for table, (rows, columns) in PLANNED_FROM.items():
        op.execute(f"CREATE POLICY {table}_select_{WORKER} ON {table} FOR SELECT TO {WORKER} USING ({rows})")
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO {WORKER}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, (_, columns) in PLANNED_FROM.items():
        op.execute(f"REVOKE SELECT ({columns}) ON {table} FROM {WORKER}")  # noqa: S608  # constants of ours
        op.execute(f"DROP POLICY {table}_select_{WORKER} ON {table}")
    op.drop_table("message_notices")
    op.drop_table("notice_choices")


def create_choices() -> None:
    op.create_table(
        "notice_choices",
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("messages", sa.Boolean, nullable=False),
        sa.Column("chosen_at", INSTANT, nullable=False),
    )
    own = {(command, APP): OWN for command in ("SELECT", "INSERT", "UPDATE")}
    secure_rows("notice_choices", {**own, ("SELECT", WORKER): "true"})


def create_notices() -> None:
    """Nobody signed in reads it."""
    op.create_table(
        "message_notices",
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("ask_at", INSTANT, nullable=False),
        sa.Column("handed_over_at", INSTANT),
        sa.Column("sent_at", INSTANT),
        sa.CheckConstraint("state IN ('planned', 'handed_over', 'sent', 'unsent')", name="state"),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        sa.CheckConstraint("due_at < expires_at", name="in_order"),
    )
    unsettled = sa.text("state IN ('planned', 'handed_over')")
    op.create_index("ix_message_notices_unsettled", "message_notices", ["ask_at"], postgresql_where=unsettled)
    op.create_index("ix_message_notices_person_id_due_at", "message_notices", ["person_id", "due_at"])
    worker = {(command, WORKER): "true" for command in ("SELECT", "INSERT", "UPDATE", "DELETE")}
    secure_rows("message_notices", worker)
