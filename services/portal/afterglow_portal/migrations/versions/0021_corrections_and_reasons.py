"""What a record of a dose said before it was corrected, and why a session was moved or cancelled.

A correction is the therapist's who treats the client now; the reasons are added and never changed.
"""

from typing import Any

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
APP = "portal_app"
IN_CARE = "(SELECT care.client_id FROM clients_in_care() AS care)"
TREATED = "(SELECT treated.client_id FROM clients_treated() AS treated)"
READ = f"client_id = {PERSON} OR client_id IN {IN_CARE}"
WRITE = f"{ROLE} = 'therapist' AND client_id IN {TREATED}"
ROUTE = "route IN ('im', 'iv', 'intranasal', 'sublingual', 'oral')"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for column in correction():
        op.add_column("administrations", column)
    op.execute(
        f"CREATE POLICY administrations_update_{APP} ON administrations FOR UPDATE TO {APP}"
        f" USING ({WRITE}) WITH CHECK ({WRITE})"
    )
    op.execute(f"GRANT UPDATE ON administrations TO {APP}")
    create_versions()
    create_reasons()


def downgrade() -> None:
    op.drop_table("course_session_reasons")
    op.drop_table("administration_versions")
    op.execute(f"REVOKE UPDATE ON administrations FROM {APP}")
    op.execute(f"DROP POLICY administrations_update_{APP} ON administrations")
    for column in correction():
        op.drop_column("administrations", column.name)


def correction() -> list[sa.Column[Any]]:
    """Which version it is, and of which correction."""
    return [
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("corrected_at", INSTANT),
        sa.Column("corrected_by", sa.Uuid),
        sa.Column("correction_id", sa.Uuid),
        sa.Column("correction_digest", sa.LargeBinary),
    ]


def create_versions() -> None:
    op.create_table(
        "administration_versions",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("administration_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("given_at", INSTANT, nullable=False),
        sa.Column("time_zone", sa.String, nullable=False),
        sa.Column("route", sa.String, nullable=False),
        sa.Column("medicine", sa.String, nullable=False),
        sa.Column("dose_mg", sa.Float, nullable=False),
        sa.Column("weight_kg", sa.Float),
        sa.Column("circumstances", sa.LargeBinary, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("correction_id", sa.Uuid),
        sa.Column("correction_digest", sa.LargeBinary),
        sa.CheckConstraint(ROUTE, name="route"),
        sa.CheckConstraint("dose_mg > 0", name="dose_mg"),
        sa.CheckConstraint("weight_kg > 0", name="weight_kg"),
        sa.ForeignKeyConstraint(
            ["client_id", "administration_id"], ["administrations.client_id", "administrations.id"]
        ),
        sa.UniqueConstraint("client_id", "administration_id", "version"),
        sa.UniqueConstraint("client_id", "correction_id"),
    )
    secure_rows("administration_versions", {("SELECT", APP): READ, ("INSERT", APP): WRITE})


def create_reasons() -> None:
    op.create_table(
        "course_session_reasons",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("words", sa.LargeBinary, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.ForeignKeyConstraint(["client_id", "session_id"], ["course_sessions.client_id", "course_sessions.id"]),
        sa.UniqueConstraint("client_id", "session_id", "version"),
    )
    secure_rows("course_session_reasons", {("SELECT", APP): READ, ("INSERT", APP): WRITE})
