"""The day of a dose: readings, adverse events, observation and the two lists, to which rows are only added.

Whoever treats the client now, or stands in, adds; everybody in care and the client read.
"""

from typing import Any

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0019"
down_revision = "0017"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
APP = "portal_app"
IN_CARE = "(SELECT care.client_id FROM clients_in_care() AS care)"
TREATED = "(SELECT treated.client_id FROM clients_treated() AS treated)"
READ = f"client_id = {PERSON} OR client_id IN {IN_CARE}"
WRITE = f"{ROLE} = 'therapist' AND client_id IN {TREATED}"
MOMENT = "moment IN ('baseline', 'after_40_minutes', 'before_leaving', 'other')"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create(
        "vital_signs",
        sa.Column("measured_at", INSTANT, nullable=False),
        sa.Column("moment", sa.String, nullable=False),
        *(sa.Column(sign, sa.Integer) for sign in ("systolic", "diastolic", "pulse", "oxygen")),
        sa.CheckConstraint(MOMENT, name="moment"),
    )
    create("adverse_events", sa.Column("kind", sa.String, nullable=False), *times())
    create("observations", *times(), sa.Column("present", sa.ARRAY(sa.Text), nullable=False))
    create(
        "dosing_checklists",
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("steps", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("reasoned", sa.Boolean, nullable=False),
        sa.Column("words", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("kind IN ('readiness', 'discharge')", name="kind"),
    )


def downgrade() -> None:
    for table in ("dosing_checklists", "observations", "adverse_events", "vital_signs"):
        op.drop_table(table)


def times() -> list[sa.Column[object] | sa.CheckConstraint]:
    return [
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("words", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("ended_at >= began_at", name="in_order"),
    ]


def create(table: str, *columns: sa.Column[Any] | sa.CheckConstraint) -> None:
    op.create_table(
        table,
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.Column("replaces", sa.Uuid),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("body_digest", sa.LargeBinary, nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["client_id", "session_id"], ["course_sessions.client_id", "course_sessions.id"]),
        sa.ForeignKeyConstraint(["client_id", "replaces"], [f"{table}.client_id", f"{table}.id"]),
        sa.UniqueConstraint("client_id", "replaces"),
    )
    op.create_index(f"ix_{table}_client_id", table, ["client_id", "session_id"])
    secure_rows(table, {("SELECT", APP): READ, ("INSERT", APP): WRITE})
