"""Tasks for the days after a dose: whoever treats the client assigns them, the client alone says what was done."""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0022"
down_revision = "0023"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
APP = "portal_app"
IN_CARE = "(SELECT care.client_id FROM clients_in_care() AS care)"
TREATED = "(SELECT treated.client_id FROM clients_treated() AS treated)"
READ = f"client_id = {PERSON} OR client_id IN {IN_CARE}"
TREAT = f"{ROLE} = 'therapist' AND client_id IN {TREATED}"
OWN = f"{ROLE} = 'client' AND client_id = {PERSON}"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "integration_tasks",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("times_a_day", sa.Integer, nullable=False),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("body_digest", sa.LargeBinary, nullable=False),
        sa.Column("cancelled_at", INSTANT),
        sa.Column("cancelled_by", sa.Uuid),
        sa.ForeignKeyConstraint(["client_id", "session_id"], ["course_sessions.client_id", "course_sessions.id"]),
        sa.CheckConstraint("minutes BETWEEN 1 AND 20", name="minutes"),
        sa.CheckConstraint("times_a_day BETWEEN 1 AND 2", name="times_a_day"),
        sa.CheckConstraint("days BETWEEN 1 AND 14", name="days"),
    )
    op.create_index("ix_integration_tasks_client_id", "integration_tasks", ["client_id", "session_id"])
    create_marks()
    secure_rows("integration_tasks", {("SELECT", APP): READ, ("INSERT", APP): TREAT, ("UPDATE", APP): TREAT})
    secure_rows("integration_task_marks", {("SELECT", APP): READ, ("INSERT", APP): OWN, ("UPDATE", APP): OWN})


def downgrade() -> None:
    op.drop_table("integration_task_marks")
    op.drop_table("integration_tasks")


def create_marks() -> None:
    op.create_table(
        "integration_task_marks",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("task_id", sa.Uuid, nullable=False),
        sa.Column("done_on", sa.Date, nullable=False),
        sa.Column("occasion", sa.Integer, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("body_digest", sa.LargeBinary, nullable=False),
        sa.Column("withdrawn_at", INSTANT),
        sa.ForeignKeyConstraint(["client_id", "task_id"], ["integration_tasks.client_id", "integration_tasks.id"]),
        sa.CheckConstraint("occasion BETWEEN 1 AND 2", name="occasion"),
    )
    op.create_index(
        "uq_integration_task_marks_occasion",
        "integration_task_marks",
        ["client_id", "task_id", "done_on", "occasion"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
