"""What a client wants to be reminded of, the ledger of prompts, and what the worker must know to plan them.

That is little: when doses were, how many check-ins a day are enough and how many there were; nothing of what was said.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0017"
down_revision = "0018"  # which had landed first
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
APP, WORKER = "portal_app", "portal_worker"
OWN = f"client_id = {PERSON}"
OWN_WRITING = f"{OWN} AND {ROLE} = 'client'"
PLANNED_FROM = {
    "administrations": ("given_at > now() - interval '5 days'", "client_id, given_at"),
    "check_in_limits": ("true", "client_id, a_day"),
    "check_ins": ("felt_at > now() - interval '2 days'", "client_id, felt_at, local_date, erased_at"),
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_choices()
    create_prompts()
    for table, (rows, columns) in PLANNED_FROM.items():
        op.execute(f"CREATE POLICY {table}_select_{WORKER} ON {table} FOR SELECT TO {WORKER} USING ({rows})")
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO {WORKER}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, (_, columns) in PLANNED_FROM.items():
        op.execute(f"REVOKE SELECT ({columns}) ON {table} FROM {WORKER}")  # noqa: S608  # constants of ours
        op.execute(f"DROP POLICY {table}_select_{WORKER} ON {table}")
    op.drop_table("prompts")
    op.drop_table("reminder_choices")


def create_choices() -> None:
    op.create_table(
        "reminder_choices",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("daily", sa.Boolean, nullable=False),
        sa.Column("daily_at", sa.Time, nullable=False),
        sa.Column("after_dose", sa.Boolean, nullable=False),
        sa.Column("chosen_at", INSTANT, nullable=False),
    )
    secure_rows(
        "reminder_choices",
        {("SELECT", APP): OWN, ("INSERT", APP): OWN_WRITING, ("UPDATE", APP): OWN_WRITING, ("SELECT", WORKER): "true"},
    )


def create_prompts() -> None:
    """A client may say which check-in answered one of theirs, and change nothing else of it."""
    op.create_table(
        "prompts",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("slot", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("local_date", sa.Date, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("ask_at", INSTANT, nullable=False),
        sa.Column("handed_over_at", INSTANT),
        sa.Column("sent_at", INSTANT),
        sa.Column("answered_by", sa.Uuid),
        sa.UniqueConstraint("client_id", "slot"),
        sa.CheckConstraint("kind IN ('after_dose', 'daily')", name="kind"),
        sa.CheckConstraint("state IN ('planned', 'handed_over', 'sent', 'unsent')", name="state"),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        sa.CheckConstraint("due_at < expires_at", name="in_order"),
    )
    unsettled, sent = sa.text("state IN ('planned', 'handed_over')"), sa.text("sent_at IS NOT NULL")
    op.create_index("ix_prompts_unsettled", "prompts", ["ask_at"], postgresql_where=unsettled)
    op.create_index("ix_prompts_due_at", "prompts", ["due_at"])
    op.create_index("ix_prompts_client_id_sent_at", "prompts", ["client_id", "sent_at"], postgresql_where=sent)
    worker = {(command, WORKER): "true" for command in ("SELECT", "INSERT", "UPDATE", "DELETE")}
    secure_rows("prompts", {("SELECT", APP): OWN, ("UPDATE", APP): OWN_WRITING, **worker})
    op.execute(f"REVOKE UPDATE ON prompts FROM {APP}")
    op.execute(f"GRANT UPDATE (answered_by) ON prompts TO {APP}")
